import { afterAll, afterEach, expect, spyOn, test } from "bun:test";
import { noProbeTarget, tracepointGroupsUnknown } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { buildProbes, type ExpandTargets } from "./probe-set.ts";
import { parseProbe } from "./probe-spec.ts";

const skb = "struct sk_buff *";
const expand: ExpandTargets = ({ target }) => {
  if (target === "ip_rcv") return [{ symbol: target, parameters: [skb] }];
  if (target === "x*:y") throw tracepointGroupsUnknown(target, "it is not mounted");
  throw noProbeTarget(target, "traceable function", () => []);
};
const info = spyOn(log, "info").mockImplementation(() => {});
afterEach(() => void info.mockClear());
afterAll(() => info.mockRestore());

function build(...texts: readonly string[]): readonly string[] {
  const wanted = texts.map((text) => ({ spec: parseProbe(text), origin: "user" as const }));
  return buildProbes(wanted, expand, new Set([skb]), []).map(({ symbol }) => symbol);
}

test("an optional probe that the kernel does not have is left out and reported", () => {
  expect(build("ip_rcv/optional", "nothing/optional")).toEqual(["ip_rcv"]);
  expect(info.mock.calls).toEqual([["Skipping probe nothing: not available on this kernel"]]);
});

test("any other probe that the kernel does not have is an error, and so is any other fault of an optional one", () => {
  expect(() => build("ip_rcv", "nothing")).toThrow("Cannot probe nothing");
  expect(() => build("nothing/optional", "nothing")).toThrow("Cannot probe nothing");
  expect(() => build("tp:x*:y/optional")).toThrow("tracefs cannot be read");
});

test("a probe that several plans name has the number that one of them gives it; different ones cannot be", () => {
  const wanted = (...values: readonly (number | undefined)[]) =>
    values.map((value) => ({ spec: parseProbe("ip_rcv"), origin: "collector" as const, value }));
  const valuesOf = (...values: readonly (number | undefined)[]) =>
    buildProbes(wanted(...values), expand, new Set(), []).map(({ value }) => value);
  expect([valuesOf(undefined), valuesOf(7, undefined), valuesOf(undefined, 7), valuesOf(7, 7)]).toEqual([[undefined], [7], [7], [7]]);
  expect(() => valuesOf(7, 8)).toThrow("collectors give it the values 7 and 8");
});
