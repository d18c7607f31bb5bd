/** Where generated meta filter code finds what it needs: offsets in the structs that it is given. */
import { Btf } from "../kernel/btf.ts";
import { ObjectTypes } from "../kernel/object-types.ts";
import { elfSections } from "../libbpf/elf-sections.ts";

/** Offsets in bytes. */
export interface MetaFrame {
  /** In struct retis_context: the pointer to the probe's configuration, and the skb's address. */
  readonly contextProbe: number;
  readonly contextSkb: number;
  /** In struct retis_probe: positions of the arguments, one byte for each slot. */
  readonly positions: number;
  /** In struct retis_event: argument registers, the skb's copy, and memory that is free while filters run. */
  readonly args: number;
  readonly skb: number;
  readonly scratch: number;
  readonly argumentCount: number;
  readonly skbBytes: number;
}

/** Reads the structs' layout from the BTF of an entry object, so that no offset is written down twice. */
export function metaFrame(object: Uint8Array): MetaFrame {
  const bytes = elfSections(object).get(".BTF");
  if (bytes === undefined) throw new Error("an entry object has no BTF");
  const types = new ObjectTypes(Btf.parse(bytes));
  const context = (name: string) => types.member("retis_context", name);
  const event = (name: string) => types.member("retis_event", name);
  return {
    contextProbe: context("probe").offset,
    contextSkb: context("skb").offset,
    positions: types.member("retis_probe", "arg").offset,
    args: event("args").offset,
    skb: event("skb").offset,
    scratch: event("data").offset,
    argumentCount: types.arrayLength("retis_event", "args"),
    skbBytes: event("skb").size,
  };
}
