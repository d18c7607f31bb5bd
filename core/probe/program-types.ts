/**
 * What user space and the entry programs share: sizes, flags and layouts of bpf/include/retis and bpf/probe, read from the
 * BTF of an entry object. All entry objects are compiled from the same headers, so one of them serves for all.
 */
import { readFileSync } from "node:fs";
import kprobeObject from "../../bpf/probe/kprobe.bpf.o" with { type: "file" };
import { Btf } from "../kernel/btf.ts";
import { ObjectTypes } from "../kernel/object-types.ts";
import { elfSections } from "../libbpf/elf-sections.ts";

let entryTypes: ObjectTypes | undefined;

/** Types of the entry programs; read once, when something of them is first needed. */
export function programTypes(): ObjectTypes {
  entryTypes ??= new ObjectTypes(Btf.parse(elfSections(readFileSync(kprobeObject)).get(".BTF") ?? new Uint8Array()));
  return entryTypes;
}

/**
 * Argument types that the table of a probe has room for (`RETIS_ARG_SLOTS`); the last slot stays empty.
 * @param types here and below: those of the entry programs of this executable unless a test has others
 */
export function argumentSlots(types = programTypes()): number {
  return types.arrayLength("retis_probe", "arg");
}

/** Registers that hold arguments at a function's entry on this architecture (`RETIS_REGISTER_ARGS`). */
export function functionArguments(types = programTypes()): number {
  return types.arrayLength("retis_entry", "args");
}

/** Arguments that are read of a tracepoint, at most. */
export function tracepointArguments(types = programTypes()): number {
  return types.enumValue("retis_arg_position", "RETIS_TRACEPOINT_ARGS");
}

/** Hooks that one run can link: functions `retis_hook_NN` of an entry object (bpf/probe/chain.h). */
export function hookSlots(types = programTypes()): number {
  return types.countFunctions(/^retis_hook_\d\d$/);
}

/** Context hooks that one run can link: functions `retis_ctxh_NN`. */
export function contextHookSlots(types = programTypes()): number {
  return types.countFunctions(/^retis_ctxh_\d\d$/);
}

/** `struct retis_section_header` at the start of each section of a record: bytes, and offsets of its members. */
export function sectionHeader(types = programTypes()) {
  return {
    bytes: types.struct("retis_section_header").size,
    sizeOffset: types.member("retis_section_header", "size").offset,
    ownerOffset: types.member("retis_section_header", "owner").offset,
  };
}

/** Byte of a record at which its time is: `struct retis_common` is the payload of its first section. */
export function recordTimeOffset(types = programTypes()): number {
  return sectionHeader(types).bytes + types.member("retis_common", "timestamp").offset;
}
