/**
 * Hooks share structs with the entry programs: those of `<retis/context.h>` and `<retis/record.h>`. A hook that was
 * compiled with other headers would write to wrong places, and neither linker nor verifier would notice.
 */
import { hookFromOtherVersion, reasonOf, unusableHook } from "../base/errors.ts";
import { Btf } from "../kernel/btf.ts";
import { type LayoutMember, structLayout } from "../kernel/struct-layout.ts";
import { elfSections } from "../libbpf/elf-sections.ts";

const sharedStructs = ["retis_context", "retis_event"] as const;

/** Text that is the same for objects whose shared structs are the same. */
export type HeaderLayout = string;

/**
 * Layout of the shared structs in a BPF object.
 * @throws TraceError HOOK when the object has no type information
 */
export function headerLayout(object: { readonly name: string; readonly bytes: Uint8Array }): HeaderLayout {
  const btf = readBtf(object);
  return sharedStructs.map((name) => `${name} ${describe(structLayout(btf, name)?.members ?? [])}`).join("\n");
}

/** @throws TraceError HOOK_VERSION when the hook was not compiled with the headers of the entry program */
export function assertSameHeaders(hook: { readonly name: string; readonly bytes: Uint8Array }, entry: HeaderLayout): void {
  if (headerLayout(hook) !== entry) throw hookFromOtherVersion(hook.name);
}

function readBtf({ name, bytes }: { readonly name: string; readonly bytes: Uint8Array }): Btf {
  try {
    const btf = elfSections(bytes).get(".BTF");
    if (!btf) throw new Error("it has no type information");
    return Btf.parse(btf.slice()); // a section need not begin where 32-bit words can be read
  } catch (cause) {
    throw unusableHook(name, reasonOf(cause));
  }
}

function describe(members: readonly LayoutMember[]): string {
  return members
    .map(({ name, offset, size, members: inner }) => `${name}@${offset}+${size}${inner ? ` {${describe(inner)}}` : ""}`)
    .join(" ");
}
