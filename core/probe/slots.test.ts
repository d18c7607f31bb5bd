import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { contextHookSlots, hookKindOf, hookSlots, nameSlot } from "./slots.ts";

const chain = readFileSync(join(import.meta.dir, "../../bpf/probe/chain.h"), "utf8");

function numbersAfter(define: string): readonly number[] {
  const list =
    chain
      .slice(chain.indexOf(`#define ${define}(X)`))
      .split("\n\n")[0]
      ?.split("#define")[1] ?? "";
  return [...list.matchAll(/X\((\d\d)\)/g)].map(([, number]) => Number(number));
}

test("the slots are those of chain.h", () => {
  expect(numbersAfter("RETIS_EACH_SLOT")).toEqual(Array.from({ length: hookSlots }, (_, slot) => slot));
  expect(numbersAfter("RETIS_EACH_CONTEXT_SLOT")).toEqual(Array.from({ length: contextHookSlots }, (_, slot) => slot));
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
