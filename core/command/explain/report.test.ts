import { expect, test } from "bun:test";
import { builtInCollectors } from "../../../collectors/index.ts";
import type { DropAdvice, DropLocation } from "../../api/drop-advice.ts";
import { errorEntries } from "./error-page.ts";
import { explanationJson, listJson } from "./report-json.ts";
import { explainable, explanation, type Knowledge, type KnownReasons, listText } from "./report.ts";

const advice: readonly DropAdvice[] = [
  { name: "CONSUMED", class: "normal", meaning: "Not a drop: the packet was delivered and consumed", causes: [], steps: [] },
  {
    name: "NO_SOCKET",
    class: "problem",
    meaning: "No socket was found for the packet",
    causes: ["The application is not running"],
    steps: ["List listening sockets: ss -lntup"],
    counters: ["UdpNoPorts"],
  },
  {
    name: "IP_CSUM",
    aliases: ["IPV4_CSUM"],
    class: "problem",
    meaning: "The checksum of the IPv4 header is wrong",
    causes: ["Bytes corrupted in transit"],
    steps: ["Check checksum offloads: ethtool -k DEVICE"],
  },
  { name: "XDP", class: "unknown", meaning: "An XDP program dropped the packet", causes: ["Its rules"], steps: ["bpftool net"] },
];

const kernel: KnownReasons = {
  release: "6.12.0",
  reasons: [
    { name: "NO_SOCKET", subsystem: "core" },
    { name: "IP_CSUM", subsystem: "core" },
    { name: "TCP_ZEROWINDOW", subsystem: "core" },
    { name: "OVS_DROP_FUTURE", subsystem: "openvswitch" },
  ],
};
const locations: readonly DropLocation[] = [
  {
    functions: ["tcp_v4_rcv", "tcp_v6_rcv"],
    meaning: "Receives a TCP segment",
    drops: { NO_SOCKET: "Nothing listens", XDP: "Never" },
    steps: ["See what listens: ss -lntp"],
  },
  { functions: ["__udp4_lib_rcv"], meaning: "Receives a datagram", drops: { NO_SOCKET: "Nothing listens" }, steps: [] },
];
const functions = (matches: (name: string) => boolean) => ["tcp_v4_rcv", "tcp_v4_rcv_slow", "kmalloc"].filter(matches);
const known: Knowledge = { advice, kernel, locations, functions };
const withoutKernel: Knowledge = { advice, kernel: undefined, locations, functions: () => [] };

test.each(["NO_SOCKET", "no_socket", "SKB_DROP_REASON_NO_SOCKET", "skb_drop_reason_no_socket", "no-socket", " NO_SOCKET "])(
  "%j is NO_SOCKET",
  (text) => {
    const answer = explanation(text, known);
    expect(answer).toStartWith("NO_SOCKET: No socket was found");
    expect(answer).toContain("\n\nLikely causes:\n  - The application is not running\n");
    expect(answer).toContain("\n\nUsually a problem\n\n");
    expect(answer).toContain("\n\nWhat to do:\n  - ");
    expect(answer).toEndWith("\n\nCounters that it raises, e.g. nstat -az NAME:\n  - UdpNoPorts\n");
    expect(answer).not.toContain("running kernel");
  },
);

test("other names are listed", () => {
  expect(explanation("ipv4_csum", known)).toStartWith("IP_CSUM: The checksum of the IPv4 header is wrong\nAlso called IPV4_CSUM\n");
});

test("what is not a drop has no causes", () => {
  expect(explanation("SKB_CONSUMED", withoutKernel)).toBe("CONSUMED: Not a drop: the packet was delivered and consumed\n");
});

test("advice on a reason that the running kernel does not have", () => {
  expect(explanation("XDP", known)).toEndWith("\n\nThe running kernel (6.12.0) does not have this reason\n");
  expect(explanation("XDP", withoutKernel)).not.toContain("running kernel");
});

test("reasons that only the kernel knows", () => {
  expect(explanation("tcp_zerowindow", known)).toStartWith(
    "TCP_ZEROWINDOW: a drop reason of the kernel's core network stack\n\nThe running kernel (6.12.0) has it; no advice is available yet\n",
  );
  expect(explanation("openvswitch/OVS_DROP_FUTURE", known)).toStartWith(
    "OVS_DROP_FUTURE: a drop reason of the kernel's subsystem openvswitch\n",
  );
});

test.each([
  ["NO_SOKET", known, "known neither to retis nor to the running kernel (6.12.0)", /^Did you mean NO_SOCKET\?/],
  ["zerowindow", known, "known neither to retis nor to the running kernel (6.12.0)", /^Did you mean TCP_ZEROWINDOW\?/],
  ["TCP_ZEROWINDOW", withoutKernel, "not known to retis, and the reasons of the running kernel cannot be read", /^'retis explain' lists/],
  ["", known, "known neither to retis nor to the running kernel (6.12.0)", /^'retis explain' lists/],
])("unknown: %j", (text, knowledge, why, hint) => {
  const options = { hint: expect.stringMatching(hint) };
  const error = expect.objectContaining({
    code: "UNKNOWN_REASON",
    message: `Unknown drop reason, function or error code "${text}": ${why}`,
    options,
  });
  expect(() => explanation(text, knowledge)).toThrow(error as never);
});

test.each(["BPF_LOAD", "[BPF_LOAD]", "bpf-load"])("%s is an error", (text) => {
  const lines = explanation(text, known).split("\n");
  expect(lines.slice(0, 3)).toEqual([
    "BPF_LOAD: an error of retis (BPF programs: exit status 1)",
    "",
    expect.stringMatching(/^The kernel refused to load a program; /),
  ]);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});

test("no error has the name of a drop reason, which would hide it, and no reason two", async () => {
  const reasons = builtInCollectors.map(async ({ dropKnowledge }) => (await dropKnowledge?.())?.advice ?? []);
  const names = (await Promise.all(reasons)).flat().flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  expect(names.length).toBeGreaterThan(200);
  expect(new Set(names).size).toBe(names.length);
  expect(errorEntries.filter(({ code }) => names.includes(code))).toEqual([]);
});

test("a misspelt code is suggested", () => {
  expect(() => explanation("BPF_LOD", withoutKernel)).toThrow(
    expect.objectContaining({ options: { hint: expect.stringContaining("BPF_LOAD") } }),
  );
});

test("the list has one line for each reason and error", () => {
  const lines = listText(known).split("\n");
  expect(lines.filter((line) => /^(NO_SOCKET|IP_CSUM|BPF_LOAD) /.test(line))).toHaveLength(3);
  const kernelOnly = lines.indexOf("Other reasons of the running kernel (6.12.0):");
  expect(lines.slice(kernelOnly - 1, kernelOnly + 5)).toEqual([
    "",
    "Other reasons of the running kernel (6.12.0):",
    expect.stringMatching(/^TCP_ZEROWINDOW +\(core; no advice yet\)$/),
    expect.stringMatching(/^OVS_DROP_FUTURE +\(openvswitch; no advice yet\)$/),
    "",
    "Errors of retis:",
  ]);
  expect(listText(withoutKernel).includes("Other reasons of")).toBe(false);
});

test("the list has every error, each with what it means", () => {
  const lines = listText(withoutKernel).split("\nErrors of retis:\n")[1]!.trimEnd().split("\n");
  expect(lines).toHaveLength(errorEntries.length);
  for (const line of lines) expect(line).toMatch(/^[A-Z_]+ {2,}\S.{10,}[^.:;]$/);
});

test("as JSON", () => {
  expect(JSON.parse(explanationJson("no_socket", known))).toEqual({
    kind: "drop-reason",
    name: "NO_SOCKET",
    aliases: [],
    class: "problem",
    meaning: "No socket was found for the packet",
    causes: ["The application is not running"],
    steps: ["List listening sockets: ss -lntup"],
    counters: ["UdpNoPorts"],
  });
  expect(JSON.parse(explanationJson("TCP_ZEROWINDOW", known))).toEqual({
    kind: "drop-reason",
    name: "TCP_ZEROWINDOW",
    subsystem: "core",
    class: "unknown",
  });
  expect(JSON.parse(explanationJson("BPF_LOAD", known))).toMatchObject({ kind: "error", name: "BPF_LOAD" });
  const all = JSON.parse(listJson(known)) as readonly { name: string }[];
  expect(all).toHaveLength(advice.length + 2 + locations.length + errorEntries.length);
});

test.each([
  "tcp_v4_rcv",
  "tcp_v4_rcv+0x91",
  "tcp_v4_rcv+0x91/0xe50",
  "tcp_v4_rcv+0x91 [some-module]",
  "tcp_v4_rcv.isra.0",
  "tcp_v4_rcv.constprop.0.cold",
  "kprobe:tcp_v4_rcv",
  "TCP_V4_RCV",
  " tcp_v4_rcv\n",
])("%j is a function", (text) => {
  expect(explanation(text, withoutKernel)).toBe(
    [
      "tcp_v4_rcv: Receives a TCP segment",
      "Explained together with tcp_v6_rcv",
      "",
      "Drops packets for these reasons:",
      "  NO_SOCKET  Nothing listens",
      "  XDP        Never",
      "",
      "What to do:",
      "  - See what listens: ss -lntp",
      "",
      "What a reason means: retis explain REASON",
      "",
    ].join("\n"),
  );
});

test("a function that only the kernel knows", () => {
  const answer = explanation("tcp_v4_rcv_slow+0x1", known);
  expect(answer).toStartWith("tcp_v4_rcv_slow: a function of the running kernel; nothing is known about what it drops\n");
  expect(answer).toEndWith("\n\nFunctions with similar names: tcp_v4_rcv\n");
  expect(explanation("kmalloc", known)).not.toContain("similar");
  expect(JSON.parse(explanationJson("kmalloc", known))).toEqual({ kind: "function", name: "kmalloc" });
});

test.each([
  ["tcp_v4_rvc", "tcp_v4_rcv"],
  ["udp4_lib_rcv", "__udp4_lib_rcv"],
  ["tcp_v4", "tcp_v4_rcv"],
  ["__tcp_v6_rcv_core", "tcp_v6_rcv"],
])("unknown function %s: %s", (text, near) => {
  expect(() => explanation(text, known)).toThrow(
    expect.objectContaining({ options: { hint: expect.stringContaining(`Did you mean ${near}`) } }) as never,
  );
});

test("a function as JSON", () => {
  expect(JSON.parse(explanationJson("__udp4_lib_rcv+0x4bc", known))).toEqual({
    kind: "function",
    name: "__udp4_lib_rcv",
    functions: ["__udp4_lib_rcv"],
    meaning: "Receives a datagram",
    drops: [{ reason: "NO_SOCKET", when: "Nothing listens" }],
    steps: [],
  });
});

test("completion offers functions", () => {
  expect(explainable(known)).toContainEqual({ value: "tcp_v6_rcv", description: "Receives a TCP segment" });
});
