import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { findSymbols } from "../libbpf/symbol-iterator.ts";
import { Kernel } from "./kernel.ts";
import { SymbolAddresses } from "./symbol-addresses.ts";
import { KernelSymbols } from "./symbols.ts";
import { matchesRequirement, parseRequirement } from "./version.ts";

const text = ["ffffffff81000000 T _stext", "ffffffff81000100 t twin", "ffffffff81000200 T single", "ffffffffc0000100 t twin\t[probe]"];
const layoutOf = new Kernel().vmlinux;

function sources(overrides: { readonly symbolsRead?: boolean; readonly addressesHidden?: boolean } = {}) {
  const symbols = KernelSymbols.parse(Buffer.from(`${text.join("\n")}\n`));
  return { vmlinux: layoutOf, symbols, symbolsRead: false, addressesHidden: false, ...overrides };
}

/** Finds names in the text, and notes what it was called for. */
function fakeFind() {
  const passes: (readonly string[])[] = [];
  const symbols = KernelSymbols.parse(Buffer.from(`${text.join("\n")}\n`));
  const find: typeof findSymbols = (names) => {
    passes.push([...names].sort());
    return new Map(names.map((name) => [name, symbols.addressesOf(name)]));
  };
  return { passes, find };
}

const searchable = layoutOf.findByName("bpf_iter_ksym", "func") !== undefined;

test.skipIf(!searchable)("all expected names are looked up with the first one", () => {
  const { passes, find } = fakeFind();
  const addresses = new SymbolAddresses(sources(), true, find);
  addresses.expect(["twin", "absent"]);
  expect(addresses.of("single")).toEqual([0xffffffff81000200n]);
  expect(addresses.of("twin")).toEqual([0xffffffff81000100n, 0xffffffffc0000100n]);
  expect(addresses.of("absent")).toEqual([]);
  expect(passes).toEqual([["absent", "single", "twin"]]);
});

test.skipIf(!searchable)("after a few passes kallsyms is read", () => {
  const { passes, find } = fakeFind();
  const addresses = new SymbolAddresses(sources(), true, find);
  for (const name of ["a", "b", "c", "d"]) expect(addresses.of(name)).toEqual([]);
  expect(addresses.of("twin")).toHaveLength(2);
  expect(passes).toEqual([["a"], ["b"], ["c"]]);
});

test.each([
  ["of another kernel", sources(), false],
  ["that hides addresses", sources({ addressesHidden: true }), true],
  ["whose kallsyms was read", sources({ symbolsRead: true }), true],
] as const)("symbols of a kernel %s are not searched", (_what, from, running) => {
  const { passes, find } = fakeFind();
  expect(new SymbolAddresses(from, running, find).of("single")).toEqual([0xffffffff81000200n]);
  expect(passes).toEqual([]);
});

test("a kernel that refuses the search has its kallsyms read", () => {
  expect(new SymbolAddresses(sources(), true, () => undefined).of("twin")).toHaveLength(2);
});

const kernel = new Kernel();
const canSearch =
  process.getuid?.() === 0 && kernel.version !== undefined && matchesRequirement(kernel.version, parseRequirement(">= 6.0"));

test.skipIf(!canSearch)("the running kernel gives the addresses that kallsyms has, of twins too", () => {
  const listed = readFileSync("/proc/kallsyms", "latin1")
    .split("\n")
    .map((line) => line.split(/\s/)[2] ?? "");
  const counts = Map.groupBy(listed, (name) => name);
  const twins = [...counts].filter(([name, all]) => all.length > 1 && /^[a-z_]\w{0,62}$/.test(name)).map(([name]) => name);
  const wanted = [...new Set(["kfree_skb", "ip", "no_such_symbol", "__start_init_stack", "x".repeat(63), ...twins.slice(0, 500)])];
  expect(wanted.length).toBeGreaterThan(100);
  const addresses = new SymbolAddresses(kernel, true);
  addresses.expect(wanted);
  const found = wanted.map((name) => [name, addresses.of(name)] as const);
  expect(kernel.symbolsRead).toBe(false);
  expect(found).toEqual(wanted.map((name) => [name, kernel.symbols.addressesOf(name)] as const));
  expect(found.some(([, all]) => all.length > 1)).toBe(true);
  expect(addresses.of("x".repeat(64))).toEqual([]);
});
