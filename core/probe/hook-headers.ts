/**
 * Hooks share types with the entry programs: those of `struct retis_abi_types` in `<retis/abi.h>`. A hook that was compiled for another
 * version of the contract, or with headers that were changed, would write to wrong places, and neither linker nor verifier would notice.
 */
import { hookFromOtherVersion, reasonOf, unusableHook } from "../base/errors.ts";
import { Btf } from "../kernel/btf.ts";
import { type LayoutMember, structLayout } from "../kernel/struct-layout.ts";
import { elfSections } from "../libbpf/elf-sections.ts";

interface BpfObjectFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What an object was compiled with. */
export interface HookContract {
  /** `enum retis_abi`; undefined for an object that does not carry it. */
  readonly version: AbiVersion | undefined;
  /** Facts such as `retis_event.length@4+4` and `RETIS_STACK=4`. */
  readonly facts: ReadonlySet<string>;
}

/** See `<retis/abi.h>`. */
export interface AbiVersion {
  readonly major: number;
  readonly minor: number;
}

const carrier = "retis_abi_types";

/**
 * The contract that a BPF object was compiled for.
 * @throws TraceError HOOK when the object has no type information
 */
export function hookContract(object: BpfObjectFile): HookContract {
  const btf = readBtf(object);
  const members = structLayout(btf, carrier)?.members ?? [];
  const facts = members.flatMap(({ typeId, element }) => factsOf(btf, element?.typeId ?? typeId));
  return { version: versionOf(btf), facts: new Set(facts) };
}

/** @throws TraceError HOOK_VERSION when the hook was compiled for what the engine does not have */
export function assertContract(hook: BpfObjectFile, engine: HookContract): void {
  const { version, facts } = hookContract(hook);
  const ours = engine.version;
  if (version === undefined || ours === undefined) throw hookFromOtherVersion(hook.name, "it was compiled with headers without a version");
  const versions = `version ${textOf(version)} of the hooks' contract; this retis has ${textOf(ours)}`;
  if (version.major !== ours.major || version.minor > ours.minor) throw hookFromOtherVersion(hook.name, `it was compiled for ${versions}`);
  for (const fact of facts) {
    if (!engine.facts.has(fact))
      throw hookFromOtherVersion(hook.name, `its headers were changed: they have ${fact}, those of retis do not`);
  }
}

function textOf({ major, minor }: AbiVersion): string {
  return `${major}.${minor}`;
}

function readBtf({ name, bytes }: BpfObjectFile): Btf {
  try {
    const btf = elfSections(bytes).get(".BTF");
    if (!btf) throw new Error("it has no type information");
    return Btf.parse(btf.slice()); // a section need not begin where 32-bit words can be read
  } catch (cause) {
    throw unusableHook(name, reasonOf(cause));
  }
}

function versionOf(btf: Btf): AbiVersion | undefined {
  const id = btf.findByName("retis_abi", "enum");
  const values = id === undefined ? [] : btf.enumValues(id);
  const numberOf = (name: string) => Number(values.find((each) => each.name === name)?.value ?? Number.NaN);
  const version = { major: numberOf("RETIS_ABI_MAJOR"), minor: numberOf("RETIS_ABI_MINOR") };
  return Number.isNaN(version.major + version.minor) ? undefined : version;
}

/** Of the version itself nothing: it is compared as a number. */
function factsOf(btf: Btf, typeId: number): readonly string[] {
  const type = btf.type(typeId);
  if (type.kind === "enum") return type.name === "retis_abi" ? [] : btf.enumValues(typeId).map(({ name, value }) => `${name}=${value}`);
  const layout = structLayout(btf, typeId);
  return layout === undefined ? [] : layout.members.flatMap((member) => memberFacts(layout.name, member));
}

function memberFacts(path: string, { name, offset, size, members = [] }: LayoutMember): readonly string[] {
  const own = `${path}.${name}`;
  return [`${own}@${offset}+${size}`, ...members.flatMap((member) => memberFacts(own, member))];
}
