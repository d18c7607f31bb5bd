import { expect, test } from "bun:test";
import type { SlottedHook } from "./linked-hooks.ts";
import { hookMask } from "./linked-hooks.ts";
import type { ArgumentType } from "../api/collector.ts";
import { argumentPosition, probeConfigs } from "./probe.ts";
import { argumentSlots, programTypes } from "./program-types.ts";

import { buildProbes, type Target } from "./probe-set.ts";
import { parseProbe } from "./probe-spec.ts";

const skbTypes = ["struct sk_buff *"];

function hook(slot: number, at: SlottedHook["at"], kind: SlottedHook["kind"] = "hook"): SlottedHook {
  return { collector: "test", kind, slot, at, path: "test", foreign: false, object: new Uint8Array() };
}

test("probeConfigs finds the first argument of each type, by exact type", () => {
  const probe = {
    id: 0,
    type: "raw_tracepoint",
    symbol: "a:b",
    hooks: 5,
    contextHooks: 2,
    requested: true,
    stack: true,
    showStack: false,
    parameters: ["struct sk_buff **", "struct net *", "struct sk_buff *", "struct sk_buff *"],
  } as const;
  const config = new DataView(probeConfigs([probe], [skbTypes, ["enum a", "struct net *"], ["int"]]).buffer);
  expect([config.getInt8(0), config.getInt8(1), config.getInt8(2), config.getInt8(3)]).toEqual([2, 1, -1, -1]);
  const at = (name: string) => config.getUint32(programTypes().member("retis_probe", name).offset, true);
  expect([at("hooks"), at("context_hooks"), at("flags")]).toEqual([5, 2, 1]);
});

test("argumentPosition distinguishes several arguments of a type, by name or by position", () => {
  const lookup = { parameters: ["u32", "u32 *", "u32 *"], names: ["hash", "masks", "hits"] };
  expect(argumentPosition(["u32 *"], lookup)).toBe(1);
  expect(argumentPosition([{ type: "u32 *", name: "hits" }], lookup)).toBe(2);
  expect(argumentPosition([{ type: "u32 *", position: 2 }], lookup)).toBe(2);
  expect(argumentPosition([{ type: "u32", name: "hits" }], lookup)).toBe(-1);
  expect(argumentPosition([{ type: "u32 *", position: 0 }], lookup)).toBe(-1);
  expect(argumentPosition([{ type: "u32 *", name: "hits" }], { parameters: lookup.parameters })).toBe(-1);
  expect(argumentPosition(["int", { type: "u32 *", name: "hits" }], lookup)).toBe(2);
});

test("configurations have the positions that argumentPosition finds, whatever slots accept", () => {
  const types = ["struct sk_buff *", "u32 *", "int"];
  const accepted: readonly ArgumentType[] = [...types, { type: "u32 *", name: "hits" }, { type: "int", position: 2 }];
  // Each slot accepts the types whose bit its number has.
  const slots = Array.from({ length: argumentSlots() }, (_, slot) => accepted.filter((_type, bit) => ((slot * 7 + 1) >> bit) & 1));
  const probe = { id: 0, type: "kprobe", symbol: "f", hooks: 0, contextHooks: 0, requested: true, stack: false, showStack: false } as const;
  const parameters = types.flatMap((a) => types.flatMap((b) => types.map((c) => [a, b, c])));
  const probes = parameters.flatMap((types) => [
    { ...probe, parameters: types, names: ["hits", "", "hits"] },
    { ...probe, parameters: types },
  ]);
  const { offset } = programTypes().member("retis_probe", "arg");
  const { size } = programTypes().struct("retis_probe");
  const configs = new Int8Array(probeConfigs(probes, slots).buffer);
  const found = probes.map((_probe, index) => [...configs.subarray(index * size + offset, index * size + offset + slots.length)]);
  expect(found).toEqual(probes.map((one) => slots.map((types) => argumentPosition(types, one))));
  expect(new Set(found.flat())).toEqual(new Set([-1, 0, 1, 2]));
});

test("hookMask has the generic hooks and those of the named probe", () => {
  const hooks = [hook(0, ["tp:a:b"]), hook(1, "every-probe"), hook(31, "every-probe"), hook(0, "every-probe", "context-hook")];
  expect(hookMask(hooks, "hook", "tp:a:b")).toBe(0x80000003);
  expect(hookMask(hooks, "hook", "tp:c:d")).toBe(0x80000002);
  expect(hookMask(hooks, "context-hook", "tp:c:d")).toBe(1);
});

test("buildProbes merges, numbers, and keeps a user's probes only when an argument is known", () => {
  const targets: Readonly<Record<string, readonly Target[]>> = {
    "net:*": [
      { symbol: "net:netif_rx", parameters: skbTypes },
      { symbol: "net:other", parameters: ["int"] },
    ],
    "net:netif_rx": [{ symbol: "net:netif_rx", parameters: skbTypes }],
    "skb:kfree_skb": [{ symbol: "skb:kfree_skb", parameters: ["void *"] }],
  };
  const wanted = [
    { spec: parseProbe("net:*"), origin: "user" },
    { spec: parseProbe("tp:net:netif_rx"), origin: "user" },
    { spec: parseProbe("tp:skb:kfree_skb"), origin: "collector" },
  ] as const;
  const probes = buildProbes(wanted, ({ target }) => targets[target] ?? [], new Set(skbTypes), [hook(0, "every-probe")]);
  expect(probes.map(({ id, symbol, hooks }) => [id, symbol, hooks])).toEqual([
    [0, "net:netif_rx", 1],
    [1, "skb:kfree_skb", 1],
  ]);
});

function flagsOf(config: Uint8Array): number {
  return new DataView(config.buffer).getUint32(programTypes().member("retis_probe", "flags").offset, true);
}

test("at a light probe only hooks that name it run, unless another request wants the whole probe", () => {
  const hooks = [hook(0, ["tp:a:b"]), hook(1, "every-probe"), hook(0, ["tp:a:b"], "context-hook")];
  const build = (...lights: readonly boolean[]) =>
    buildProbes(
      lights.map((light) => ({ spec: parseProbe("tp:a:b"), origin: "collector" as const, light })),
      ({ target }) => [{ symbol: target, parameters: skbTypes }],
      new Set(skbTypes),
      hooks,
    ).map((probe) => [probe.hooks, probe.contextHooks, flagsOf(probeConfigs([probe], []))]);
  expect(build(true)).toEqual([[1, 0, 256]]);
  expect(build(true, true)).toEqual([[1, 0, 256]]);
  expect(build(true, false)).toEqual([[3, 1, 0]]);
  expect(build(false, true)).toEqual([[3, 1, 0]]);
});
