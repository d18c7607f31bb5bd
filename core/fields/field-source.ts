/** A field whose names have been replaced by what the kernel's types say: where its bytes are, and what they mean. */
import type { Dereference } from "../filter/meta-condition.ts";
import type { Btf } from "../kernel/btf.ts";

/** How the bytes of a field are obtained. */
export interface FieldSource {
  /** Position in `retis_event.args` of the register that the path starts from. */
  readonly register: number;
  /** Pointers that are followed, one after the other. */
  readonly steps: readonly Dereference[];
  readonly read: /** The low bytes of the register itself; there are no steps then. */
    | { readonly kind: "register"; readonly size: number }
    /** From the address that the last step gave. */
    | { readonly kind: "bytes"; readonly offset: number; readonly size: number }
    | {
        readonly kind: "bits";
        readonly offset: number;
        readonly bitOffset: number;
        readonly bits: number;
        readonly signed: boolean;
        readonly size: number;
      }
    /** Up to a NUL, which is stored too, `size` bytes at most. */
    | { readonly kind: "string"; readonly offset: number; readonly size: number };
}

/** How the bytes of a field are shown. */
export type FieldValue =
  | { readonly kind: "integer"; readonly size: number; readonly signed: boolean; readonly bigEndian: boolean }
  | { readonly kind: "boolean"; readonly size: number }
  | { readonly kind: "names"; readonly size: number; readonly signed: boolean; readonly names: ReadonlyMap<number | bigint, string> }
  | { readonly kind: "hex"; readonly size: number }
  | { readonly kind: "symbol" }
  | { readonly kind: "text"; readonly size: number }
  | { readonly kind: "ipv4" | "ipv6" | "mac" }
  | { readonly kind: "list"; readonly element: number; readonly length: number };

export interface ResolvedField {
  readonly name: string;
  /** As it was written, for descriptions. */
  readonly text: string;
  readonly source: FieldSource;
  readonly value: FieldValue;
}

/** A value on the way: in a register, or in memory. */
export interface Reached {
  readonly btf: Btf;
  readonly typeId: number;
  readonly register: number;
  readonly inRegister: boolean;
  readonly steps: readonly Dereference[];
  /** From where the last pointer leads, in bits. */
  readonly bitOffset: number;
  /** Width of a bitfield, otherwise 0. */
  readonly bitSize: number;
}
