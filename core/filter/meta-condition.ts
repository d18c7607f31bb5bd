/** A meta filter whose names have been replaced by paths through memory: what the generated code does, as data. */
import type { Logic, Operator } from "./meta-expression.ts";

/** Where a walk through structs can start: the name of a struct, `sk_buff` for instance. */
export type Root = string;

/** A pointer is loaded from `offset` bytes after the current address, masked, and the walk goes on where it points. */
export interface Dereference {
  readonly offset: number;
  readonly mask: bigint | undefined;
}

/** A path to memory: from the root's struct through pointers, then `offset` bytes. */
export interface MemberPath {
  readonly root: Root;
  readonly dereferences: readonly Dereference[];
  readonly offset: number;
}

/** An integer compared with a number. The value is exact: comparisons are those of the integers, not of 64-bit words. */
export interface NumberTest {
  readonly kind: "number";
  readonly path: MemberPath;
  /** Lowest bit within the first byte, 0-7. */
  readonly bitOffset: number;
  /** Width in bits; together with `bitOffset` at most 64. */
  readonly bits: number;
  readonly signed: boolean;
  /** Applied to unsigned numbers before the comparison. */
  readonly mask: bigint | undefined;
  readonly operator: Operator;
  /** Fits 64 bits of the number's sign. */
  readonly value: bigint;
}

/** Bytes of fixed length: addresses, and text in an array (with its NUL unless it fills the array). */
export interface BytesTest {
  readonly kind: "bytes";
  readonly path: MemberPath;
  readonly bytes: Uint8Array;
  readonly equal: boolean;
}

/** NUL-terminated text at a pointer, compared as a whole. */
export interface TextTest {
  readonly kind: "text";
  /** Where the text begins. */
  readonly path: MemberPath;
  /** Without its NUL. */
  readonly bytes: Uint8Array;
  readonly equal: boolean;
}

/** One term. When memory on the way to it cannot be read, it is false whatever its operator. */
export type Test = NumberTest | BytesTest | TextTest;

export type Condition = Logic<Test>;
