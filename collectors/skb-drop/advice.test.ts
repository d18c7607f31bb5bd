import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dropAdvice } from "./advice/drop-advice.ts";

const names = dropAdvice.flatMap(({ name, aliases = [] }) => [name, ...aliases]);

test("no name occurs twice, and all are written as in the kernel", () => {
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !/^[A-Z0-9_]+$/.test(name) || name.startsWith("SKB_DROP"))).toEqual([]);
});

test("the reasons that the product page names have advice", () => {
  const page = [
    "NOT_SPECIFIED",
    "NO_SOCKET",
    "PKT_TOO_SMALL",
    "TCP_CSUM",
    "TCP_INVALID_SEQUENCE",
    "SOCKET_FILTER",
    "NETFILTER_DROP",
    "IPV4_CSUM",
    "IP_INVALID",
    "UNICAST_IN_L2_MULTICAST",
  ];
  expect(page.filter((name) => !names.includes(name))).toEqual([]);
});

test.each(dropAdvice.map((advice) => [advice.name, advice] as const))("%s is worded as the others", (_, { meaning, causes, steps }) => {
  for (const text of [meaning, ...causes, ...steps]) expect(text).toMatch(/^[A-Z].*[^.\s]$/);
  // What is not a drop needs no advice; everything else says what to do.
  expect(causes.length > 0 && steps.length > 0).toBe(!meaning.startsWith("Not a drop"));
});

test("advice that leads to another reason leads to one with advice", () => {
  const targets = dropAdvice.flatMap(({ steps }) => steps.flatMap((step) => /retis explain (\w+)/.exec(step)?.[1] ?? []));
  expect(targets.filter((name) => !names.includes(name))).toEqual([]);
});

test("every reason of Linux 5.17 to 7.2 has advice", () => {
  // From BTF of Debian's 6.1, 6.12, 6.18 and 7.2, and of their mac80211.
  const reasons = readFileSync(join(import.meta.dir, "testdata/kernel-drop-reasons.txt"), "utf8")
    .trim()
    .split("\n");
  expect(reasons.length).toBeGreaterThan(200);
  expect(reasons.filter((reason) => !names.includes(reason))).toEqual([]);
});

test("counters are named as this kernel names them", () => {
  const counters = new Set([...countersOf("snmp"), ...countersOf("netstat"), ...ipv6Counters()]);
  const unknown = dropAdvice.flatMap(({ counters: raised = [] }) => raised).filter((name) => !counters.has(name));
  // Linux 6.7, 6.14 and 6.19: on older ones they are absent.
  const recent = /^TcpExt(TCPAO|PAWSOldAck|PAWSTimewait|TSEcrRejected|BeyondWindow)/;
  expect(unknown.filter((name) => !recent.test(name))).toEqual([]);
});

/** Names as nstat prints them: two lines for each group, the first with the names. */
function countersOf(file: "snmp" | "netstat"): readonly string[] {
  const lines = readFileSync(`/proc/net/${file}`, "utf8").trim().split("\n");
  return lines
    .filter((_, index) => index % 2 === 0)
    .flatMap((line) => {
      const [group = "", ...fields] = line.split(" ");
      return fields.map((field) => group.slice(0, -1) + field);
    });
}

function ipv6Counters(): readonly string[] {
  return readFileSync("/proc/net/snmp6", "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(/\s/)[0]!);
}
