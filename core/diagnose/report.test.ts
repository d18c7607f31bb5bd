import { expect, test } from "bun:test";
import type { Diagnosis } from "./diagnosis.ts";
import { diagnosisJson, diagnosisText } from "./report.ts";

const packet = {
  version: 4,
  source: "10.0.0.1",
  destination: "10.0.0.2",
  protocol: 17,
  destinationPort: 53,
  ttl: 64,
  length: 60,
  dontFragment: false,
} as const;
const finding = {
  id: "x",
  cause: "It is so",
  certainty: "certain",
  evidence: [{ source: "ip route", value: "none" }],
  change: "Add one",
} as const;

function diagnosis(more: Partial<Diagnosis>, group: Partial<Diagnosis["group"]> = {}): Diagnosis {
  const whole = { reason: "NO_SOCKET", location: undefined, namespace: undefined, device: "eth0", packet, rule: undefined, count: 3 };
  return { group: { ...whole, ...group }, advice: undefined, namespace: undefined, unexamined: undefined, findings: [], ...more };
}

test("a cause with its evidence and the change", () => {
  expect(diagnosisText([diagnosis({ findings: [finding] }, { location: "udp_rcv" })])).toBe(
    `3 drops NO_SOCKET at udp_rcv: 10.0.0.1 > 10.0.0.2.53 UDP (device eth0)
  Cause: It is so
    ip route: none
  Change: Add one
`,
  );
});

test("of several causes none is called the cause", () => {
  const text = diagnosisText([diagnosis({ findings: [finding, { ...finding, certainty: "possible" }] })]);
  expect(text.match(/^ {2}Possible cause: /gm)).toHaveLength(2);
});

test("without a finding, what the reason means; of a namespace that is gone, that", () => {
  const advice = { name: "NO_SOCKET", class: "problem", meaning: "No socket", causes: [], steps: [] } as const;
  const text = diagnosisText([diagnosis({ advice, unexamined: "namespace-gone" }, { namespace: { inum: 7 }, count: 1 })]);
  expect(text).toBe(`1 drop NO_SOCKET: 10.0.0.1 > 10.0.0.2.53 UDP (device eth0, namespace 7)
  No socket
  Not examined: the network namespace is gone
  What it may be: retis explain NO_SOCKET
`);
});

test("normal drops are counted at the end; nothing at all is said", () => {
  const advice = { name: "OTHERHOST", class: "normal", meaning: "Other", causes: [], steps: [] } as const;
  const normal = diagnosis({ advice }, { reason: "OTHERHOST" });
  expect(diagnosisText([normal, normal])).toBe("Normal drops:\n  6 OTHERHOST\n");
  expect(diagnosisText([])).toBe("No drops seen\n");
});

test("a normal drop with a certain cause is a problem, unless the packet was for many hosts", () => {
  const normal = (destination: string) =>
    diagnosis({ findings: [finding] }, { class: "normal", packet: { ...packet, version: 6, destination } });
  expect(diagnosisText([normal("fd00::2")])).toContain("  Cause: It is so\n");
  expect(diagnosisText([normal("ff02::16")])).toBe("Normal drops:\n  3 NO_SOCKET\n");
});

test("nothing of a packet or host controls the terminal", () => {
  expect(diagnosisText([diagnosis({}, { device: "a\u001b[8mb" })])).not.toContain("\u001b");
});

test("as JSON", () => {
  expect(JSON.parse(diagnosisJson([diagnosis({ findings: [finding] })]))).toEqual({
    groups: [{ drops: 3, reason: "NO_SOCKET", class: "unknown", device: "eth0", packet, findings: [finding] }],
  });
});

test("where the kernel gives no reason, the function is what can be explained", () => {
  const text = diagnosisText([diagnosis({}, { reason: "NOT_SPECIFIED", location: "ip_error" })]);
  expect(text).toEndWith("  No cause found on this host\n  What it may be: retis explain ip_error\n");
});

/** A group of drops of packets to this port, with a cause that names it. */
function closed(destinationPort: number, more: Partial<Diagnosis["group"]> = {}): Diagnosis {
  const cause = `Nothing listens on UDP port ${destinationPort}`;
  return diagnosis({ findings: [{ ...finding, cause }] }, { packet: { ...packet, destinationPort }, count: 1, ...more });
}

test("flows with the same answer are in one block, which is ranked by the drops of all", () => {
  const scan = [1, 10, 2, 3, 4, 5, 6].map((port) => closed(port));
  const other = diagnosis({ findings: [{ ...finding, cause: "Something else" }] }, { count: 6 });
  expect(diagnosisText([other, ...scan])).toBe(`7 drops NO_SOCKET: 10.0.0.1 > 10.0.0.2.1 UDP and 6 other flows (device eth0)
  Cause: Nothing listens on UDP port 1
    ip route: none
  Change: Add one
  The same: 10.0.0.2.10 UDP, 10.0.0.2.2 UDP, 10.0.0.2.3 UDP, 10.0.0.2.4 UDP, 10.0.0.2.5 UDP and 1 more (--json lists all)

6 drops NO_SOCKET: 10.0.0.1 > 10.0.0.2.53 UDP (device eth0)
  Cause: Something else
    ip route: none
  Change: Add one
`);
});

test("flows from elsewhere are named whole", () => {
  const elsewhere = diagnosis({ findings: [finding] }, { packet: { ...packet, source: "10.0.0.9" } });
  expect(diagnosisText([diagnosis({ findings: [finding] }), elsewhere])).toContain("  The same: 10.0.0.9 > 10.0.0.2.53 UDP\n");
});

test("what two rules drop are two answers, even if each rule names the port of its packets", () => {
  const dropped = (destinationPort: number) => {
    const value = `udp dport ${destinationPort} drop`;
    const ruled = { ...finding, cause: `The firewall drops it: ${value}`, evidence: [{ source: "nft list ruleset", value }] };
    return diagnosis({ findings: [ruled] }, { packet: { ...packet, destinationPort } });
  };
  expect(diagnosisText([dropped(53), dropped(54)])).not.toContain("The same");
});

test("other namespaces, devices and reasons are other answers", () => {
  const answers = [closed(1), closed(2, { device: "eth1" }), closed(3, { namespace: { inum: 7 } }), closed(4, { reason: "TCP_CSUM" })];
  expect(diagnosisText(answers)).not.toContain("The same");
});

test("what is beyond the limit is said so, in one block for a reason and place", () => {
  const skipped = [1, 2].map((destinationPort) => diagnosis({ unexamined: "limit" }, { packet: { ...packet, destinationPort } }));
  expect(diagnosisText(skipped)).toBe(`6 drops NO_SOCKET: 10.0.0.1 > 10.0.0.2.1 UDP and 1 other flow (device eth0)
  Not examined: more is with --top NUMBER, everything with --top 0
  What it may be: retis explain NO_SOCKET
  The same: 10.0.0.2.2 UDP
`);
});
