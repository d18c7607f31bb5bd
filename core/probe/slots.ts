/** Names of hook functions: what hooks are compiled with (bpf/include/retis/hook.h), and the slots of bpf/probe/chain.h. */

const hookPlaceholder = "retis_hook_XX";
const contextHookPlaceholder = "retis_ctxh_XX";

/** Which kind of hook function an object defines; undefined when none or more than one kind. */
export function hookKindOf(object: Uint8Array): "hook" | "context-hook" | undefined {
  const bytes = Buffer.from(object.buffer, object.byteOffset, object.byteLength);
  const hook = bytes.includes(hookPlaceholder);
  const contextHook = bytes.includes(contextHookPlaceholder);
  if (hook === contextHook) return undefined;
  return hook ? "hook" : "context-hook";
}

/**
 * A copy of a hook object in which its function bears the number of its slot. The name has the same length, so symbol
 * table and BTF strings stay in place.
 */
export function nameSlot(object: Uint8Array, kind: "hook" | "context-hook", slot: number): Uint8Array {
  const placeholder = kind === "hook" ? hookPlaceholder : contextHookPlaceholder;
  const name = placeholder.replace("XX", String(slot).padStart(2, "0"));
  const copy = Buffer.from(object);
  for (let at = copy.indexOf(placeholder); at >= 0; at = copy.indexOf(placeholder, at + name.length)) copy.write(name, at, "latin1");
  return copy;
}
