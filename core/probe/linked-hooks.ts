/** The hooks of one run: read, put into slots, and linked with an entry program. */
import { readFileSync } from "node:fs";
import type { Hook } from "../api/collector.ts";
import { tooMany, unusableHook } from "../base/errors.ts";
import { type LinkInput, linkObjects } from "../libbpf/linker.ts";
import { skipWrappers } from "./fold-constants.ts";
import { assertContract, hookContract } from "./hook-headers.ts";
import { contextHookSlots, hookSlots } from "./program-types.ts";
import { hookKindOf, nameSlot } from "./slots.ts";

/** A hook that has its slot. */
export interface SlottedHook {
  readonly collector: string;
  readonly kind: "hook" | "context-hook";
  readonly slot: number;
  readonly at: Hook["at"];
  readonly path: string;
  /** It came from a third party, so it may have been compiled with other headers than ours. */
  readonly foreign: boolean;
  readonly object: Uint8Array;
}

/** Whether a hook calls `retis_stack_key()`; then its object refers to the engine's constant. */
export function usesStackKey({ object }: SlottedHook): boolean {
  return Buffer.from(object.buffer, object.byteOffset, object.byteLength).includes("retis_stack_bytes");
}

function readHook(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw unusableHook(path, "it cannot be read", cause);
  }
}

/**
 * Reads the hooks' objects, unless their bytes are given, and numbers them in order; hooks for named probes come before generic ones, as they run first.
 * @throws TraceError when an object cannot be read or is not a hook, or there are more hooks than slots
 */
export function slotHooks(
  hooks: readonly { readonly collector: string; readonly foreign: boolean; readonly hook: Hook; readonly bytes?: Uint8Array | undefined }[],
): readonly SlottedHook[] {
  const ordered = [...hooks].sort((a, b) => Number(a.hook.at === "every-probe") - Number(b.hook.at === "every-probe"));
  const used = { hook: 0, "context-hook": 0 };
  const slotted = ordered.map(({ collector, foreign, hook, bytes }) => {
    const object = bytes ?? readHook(hook.object);
    const kind = hookKindOf(object);
    if (!kind) throw unusableHook(hook.object, "it does not define exactly one hook");
    return { collector, kind, slot: used[kind]++, at: hook.at, foreign, path: hook.object, object };
  });
  if (used.hook > hookSlots()) throw tooMany("hooks", hookSlots());
  if (used["context-hook"] > contextHookSlots()) throw tooMany("context hooks", contextHookSlots());
  return slotted;
}

/**
 * Links an entry object with the hooks and the engine's own parts.
 * @param parts filters, and what replaces weak functions of the entry: libbpf makes those strong that a hook calls, so these come first
 * @returns the ELF of the resulting object
 * @throws TraceError HOOK_VERSION for a third party's hook that was compiled with other headers
 */
export function linkHooks(entry: LinkInput, hooks: readonly SlottedHook[], parts: readonly LinkInput[]): Uint8Array {
  const foreign = hooks.filter((hook) => hook.foreign);
  const contract = foreign.length > 0 ? hookContract(entry) : undefined;
  for (const { path, object } of foreign) if (contract !== undefined) assertContract({ name: path, bytes: object }, contract);
  const inputs = hooks.map(({ path, object, kind, slot }) => ({ name: path, bytes: nameSlot(object, kind, slot) }));
  const linked = linkObjects([entry, ...parts, ...inputs]);
  skipWrappers(linked);
  return linked;
}

/** Bits of the hooks of one kind that run at a probe. */
export function hookMask(hooks: readonly SlottedHook[], kind: SlottedHook["kind"], key: string): number {
  const running = hooks.filter((hook) => hook.kind === kind && (hook.at === "every-probe" || hook.at.includes(key)));
  return running.reduce((mask, { slot }) => mask | (1 << slot), 0) >>> 0;
}
