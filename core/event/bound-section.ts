/** A section's schema tied to its struct: every property knows where its bytes are. Code is generated from this. */
import type { FrameTable } from "./frame-table.ts";
import type { KeyLookupTable } from "./key-lookup-table.ts";
import type { LocationTable } from "./location-table.ts";
import type { LookupTable } from "./lookup-table.ts";

/** An integer in the payload. */
export interface BoundInteger {
  /** Bytes from the start of the payload; of a bitfield, the byte that holds its lowest bit. */
  readonly offset: number;
  /** Bytes: 1, 2, 4 or 8; of a bitfield, those of its declared type. */
  readonly size: number;
  readonly signed: boolean;
  readonly bigEndian: boolean;
  /** Only of bitfields: lowest bit within the byte at `offset`, and number of bits. */
  readonly bits?: { readonly offset: number; readonly size: number };
}

/** When a property is present; all conditions of a property must hold. */
export type BoundCondition =
  | { readonly kind: "integer"; readonly member: BoundInteger; readonly mask?: number; readonly equals?: number }
  /** At least one of the bytes is not zero. */
  | { readonly kind: "bytes"; readonly offset: number; readonly length: number }
  /** The payload has at least so many bytes. */
  | { readonly kind: "size"; readonly atLeast: number };

export type BoundValue =
  | { readonly kind: "integer"; readonly member: BoundInteger }
  | { readonly kind: "boolean"; readonly member: BoundInteger }
  /** Text up to the first NUL, at most `length` bytes. */
  | { readonly kind: "c-string"; readonly offset: number; readonly length: number }
  /** The same in the bytes from `offset` to the end of the payload, `start` bytes after `offset`. */
  | { readonly kind: "trailing-text"; readonly offset: number; readonly start: BoundInteger }
  /** As many bytes as `count` says, at most `limit` and never beyond the payload. */
  | { readonly kind: "bytes"; readonly offset: number; readonly limit: number; readonly count: BoundInteger }
  | { readonly kind: "ipv4" | "ipv6" | "mac"; readonly offset: number }
  /** 16 bytes; an IPv4 address in the first four when `version` is 4. */
  | { readonly kind: "ip"; readonly offset: number; readonly version: BoundInteger }
  | { readonly kind: "lookup"; readonly table: LookupTable; readonly member: BoundInteger }
  | { readonly kind: "key-lookup"; readonly table: KeyLookupTable; readonly members: readonly BoundInteger[] }
  /** Texts of `count` addresses of 8 bytes, at most as many as the payload holds. */
  | { readonly kind: "frames"; readonly table: FrameTable; readonly offset: number; readonly count: BoundInteger }
  /** Text of the address of 8 bytes. */
  | { readonly kind: "location"; readonly table: LocationTable; readonly member: BoundInteger }
  | { readonly kind: "constant"; readonly value: string | number | boolean }
  /** A C array of `count` integers, side by side. */
  | { readonly kind: "integers"; readonly first: BoundInteger; readonly count: number }
  /** Structs of `size` bytes side by side, as many as `count` says, at most `most`; the fields' places are those in the first. */
  | {
      readonly kind: "list";
      readonly offset: number;
      readonly fields: readonly BoundField[];
      readonly size: number;
      readonly most: number;
      readonly count: BoundInteger | undefined;
    }
  | { readonly kind: "group"; readonly fields: readonly BoundField[] };

export interface BoundField {
  readonly name: string;
  readonly conditions: readonly BoundCondition[];
  readonly value: BoundValue;
}

export interface BoundSection {
  readonly key: string;
  readonly fields: readonly BoundField[];
  /** Bytes that a payload has at least. */
  readonly minimumSize: number;
}

/** Whether an object with this property may lack it. A lookup may know no text for a value. */
export function mayBeAbsent(field: BoundField): boolean {
  return field.conditions.length > 0 || isAnswer(field.value);
}

/** A value that a table answers, which may be nothing. */
export type BoundAnswer = Extract<BoundValue, { readonly kind: "lookup" | "key-lookup" | "frames" | "location" }>;

export function isAnswer(value: BoundValue): value is BoundAnswer {
  return value.kind === "lookup" || value.kind === "key-lookup" || value.kind === "frames" || value.kind === "location";
}
