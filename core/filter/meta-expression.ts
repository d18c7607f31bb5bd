/** A meta filter expression as it was written: what `meta-parser.ts` makes and `meta-resolver.ts` gives a meaning to. */
import type { Span } from "../base/expression-text.ts";

export type Operator = "==" | "!=" | ">=" | "<=" | ">" | "<";

export interface Name extends Span {
  readonly name: string;
}

/** `[n]`. */
export interface Index extends Span {
  readonly value: number;
}

/** `:mask`; the complement of `~` is taken already. Never zero. */
export interface Mask extends Span {
  readonly value: bigint;
}

/** `.name[n]:mask:type`. */
export interface Member extends Name {
  readonly indexes: readonly Index[];
  readonly mask: Mask | undefined;
  /** The struct that the value is taken to point to. */
  readonly cast: Name | undefined;
}

/** What follows the operator. */
export type Literal =
  | (Span & { readonly kind: "number"; readonly value: bigint })
  | (Span & { readonly kind: "text"; readonly bytes: Uint8Array })
  | (Span & { readonly kind: "constant"; readonly name: string })
  | (Span & { readonly kind: "address"; readonly family: "IPv4" | "IPv6" | "MAC"; readonly bytes: Uint8Array });

export interface Comparison extends Span {
  readonly operator: Operator;
  readonly literal: Literal;
}

/** `root.member.member == literal`. Without a comparison: not zero. */
export interface Term extends Span {
  readonly kind: "term";
  readonly root: Name;
  /** At least one. */
  readonly members: readonly Member[];
  readonly comparison: Comparison | undefined;
}

/** Terms, or what they were resolved to, joined by logic. */
export type Logic<T> =
  | T
  | { readonly kind: "and"; readonly left: Logic<T>; readonly right: Logic<T> }
  | { readonly kind: "or"; readonly left: Logic<T>; readonly right: Logic<T> }
  | { readonly kind: "not"; readonly operand: Logic<T> };

export type Expression = Logic<Term>;
