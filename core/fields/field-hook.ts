/** The hook object of a probe with fields: bpf/fields/hook.bpf.c linked with the generated function. */
import { readFileSync } from "node:fs";
import hookObject from "../../bpf/fields/hook.bpf.o" with { type: "file" };
import readerObject from "../../bpf/filter/fields.bpf.o" with { type: "file" };
import { tooManyFields } from "../base/errors.ts";
import { patchFunction } from "../filter/filter-slot.ts";
import { Btf } from "../kernel/btf.ts";
import { ObjectTypes } from "../kernel/object-types.ts";
import { elfSections } from "../libbpf/elf-sections.ts";
import { linkObjects } from "../libbpf/linker.ts";
import { fieldCode, type FieldFrame } from "./field-code.ts";
import type { FieldsSection } from "./field-layout.ts";

/** Bytes of memory that the code needs beside the fields. */
const scratchBytes = 16;
const slotFunction = "retis_hook_XX_fields";

interface FieldsObject {
  readonly frame: FieldFrame;
  /** Where the first field is. */
  readonly head: number;
  /** Bytes that are left for fields. */
  readonly room: number;
}

/** Sizes and offsets that the hook was compiled with. */
export function fieldsObject(): FieldsObject {
  const types = new ObjectTypes(Btf.parse(elfSections(readFileSync(hookObject)).get(".BTF") ?? new Uint8Array()));
  const whole = types.enumValue("retis_fields_room", "RETIS_FIELDS_ROOM");
  const head = types.member("retis_fields", "data").offset;
  const frame = { args: types.member("retis_event", "args").offset, present: types.member("retis_fields", "present").offset };
  return { head, room: whole - scratchBytes, frame: { ...frame, scratch: head + whole - scratchBytes } };
}

/**
 * The object for one probe.
 * @param number of the probe's section, two digits
 * @throws TraceError when the fields are more than fit
 */
export function fieldHook(number: string, probe: string, { fields, used }: FieldsSection, { frame, room }: FieldsObject): Uint8Array {
  if (used > room) throw tooManyFields(probe, used, room);
  const code = fieldCode(fields, frame, used);
  const reader = patchFunction(readFileSync(readerObject), slotFunction, code, "list of fields");
  const linked = linkObjects([
    { name: "hook of fields", bytes: rename(readFileSync(hookObject), "section_NN", `section_${number}`) },
    { name: "fields", bytes: reader },
  ]);
  return linked;
}

/** Replaces a name by one of the same length, wherever symbols and BTF have it. */
function rename(object: Uint8Array, from: string, to: string): Uint8Array {
  const copy = Buffer.from(object);
  // In a variable: fields__section_NN; in its type: retis_section_fields_NN.
  for (const [old, name] of [
    [from, to],
    [from.replace("section", "fields"), to.replace("section", "fields")],
  ] as const)
    for (let at = copy.indexOf(old); at >= 0; at = copy.indexOf(old, at + name.length)) copy.write(name, at, "latin1");
  return copy;
}
