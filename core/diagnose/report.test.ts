import { expect, test } from "bun:test";
import type { Diagnosis } from "./diagnose.ts";
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
  return { group: { ...whole, ...group }, advice: undefined, namespace: undefined, findings: [], ...more };
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
  const text = diagnosisText([diagnosis({ advice }, { namespace: { inum: 7 }, count: 1 })]);
  expect(text).toBe(`1 drop NO_SOCKET: 10.0.0.1 > 10.0.0.2.53 UDP (device eth0, namespace 7)
  No socket
  Not examined: the namespace is gone, or is one of another host
  What it may be: retis explain NO_SOCKET
`);
});

test("normal drops are counted at the end; nothing at all is said", () => {
  const advice = { name: "OTHERHOST", class: "normal", meaning: "Other", causes: [], steps: [] } as const;
  const normal = diagnosis({ advice }, { reason: "OTHERHOST" });
  expect(diagnosisText([normal, normal])).toBe("Normal drops:\n  6 OTHERHOST\n");
  expect(diagnosisText([])).toBe("No drops seen\n");
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
