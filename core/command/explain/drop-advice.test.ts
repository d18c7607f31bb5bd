import { expect, test } from "bun:test";
import { dropAdvice } from "./drop-advice.ts";

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
