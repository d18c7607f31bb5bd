import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Btf } from "../kernel/btf.ts";
import { elfSections } from "../libbpf/elf-sections.ts";
import { contextHookSlots, hookSlots } from "./program-types.ts";
import { hookKindOf, nameSlot } from "./slots.ts";

const object = readFileSync(join(import.meta.dir, "../../bpf/probe/raw-tracepoint.bpf.o"));
const entry = Btf.parse(elfSections(object).get(".BTF")!.slice());

test("the slots of the entry programs are numbered from 0", () => {
  const functions = (pattern: RegExp) => [...entry.ownNames("func", (name) => pattern.test(name))];
  const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, slot) => prefix + String(slot).padStart(2, "0"));
  expect(functions(/^retis_hook_/)).toEqual(numbered("retis_hook_", hookSlots()));
  expect(functions(/^retis_ctxh_/)).toEqual(numbered("retis_ctxh_", contextHookSlots()));
});

test("nameSlot replaces every mention and keeps the length", () => {
  const object = Buffer.from("\0retis_hook_XX\0data\0retis_hook_XX\0");
  expect(Buffer.from(nameSlot(object, "hook", 7)).toString()).toBe("\0retis_hook_07\0data\0retis_hook_07\0");
  expect(object.includes("retis_hook_XX")).toBe(true);
});

test("hookKindOf knows hooks from context hooks, and refuses neither and both", () => {
  expect(hookKindOf(Buffer.from("retis_hook_XX"))).toBe("hook");
  expect(hookKindOf(Buffer.from("retis_ctxh_XX"))).toBe("context-hook");
  expect(hookKindOf(Buffer.from("else"))).toBeUndefined();
  expect(hookKindOf(Buffer.from("retis_ctxh_XX retis_hook_XX"))).toBeUndefined();
});
