/** `struct retis_filter_input` (bpf/include/retis/filter.h) as generated code reads it: offsets and sizes in bytes, from BTF. */
import { Btf } from "../kernel/btf.ts";
import { ObjectTypes } from "../kernel/object-types.ts";
import { elfSections } from "../libbpf/elf-sections.ts";

/** Offsets of members, and how many header bytes are copied. */
export interface FilterInput {
  readonly data: number;
  readonly length: number;
  readonly linear: number;
  readonly copied: number;
  readonly inserted: number;
  readonly scratch: number;
  readonly packetType: number;
  readonly headers: number;
  /** Bytes of `headers`. */
  readonly headerBytes: number;
  /** Bytes of the struct. */
  readonly size: number;
}

/** Reads the layout from the BTF of an object that defines a packet filter's function. */
export function filterInput(object: Uint8Array): FilterInput {
  const types = new ObjectTypes(Btf.parse(elfSections(object).get(".BTF") ?? new Uint8Array()));
  const offsetOf = (name: string) => types.member("retis_filter_input", name).offset;
  return {
    data: offsetOf("data"),
    length: offsetOf("length"),
    linear: offsetOf("linear"),
    copied: offsetOf("copied"),
    inserted: offsetOf("inserted"),
    scratch: offsetOf("scratch"),
    packetType: offsetOf("packet_type"),
    headers: offsetOf("headers"),
    headerBytes: types.arrayLength("retis_filter_input", "headers"),
    size: types.struct("retis_filter_input").size,
  };
}
