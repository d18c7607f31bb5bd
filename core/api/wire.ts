/**
 * The vocabulary of section schemas: TypeBox types that also say how a member of the section's C struct is meant.
 * Offsets, sizes and signs are never written here; they come from the struct's BTF (design D2). Without `member`, a
 * property reads the struct member of its own name.
 */
import { Type, type SchemaOptions, type TObject, type TProperties, type TSchema } from "@sinclair/typebox";

/** Key under which the wire meaning hangs on a schema; a symbol, so it never shows in a printed JSON schema. */
export const wireKey: unique symbol = Symbol.for("retis.wire");

/**
 * Condition on a struct member: holds when `(value & mask)` is non-zero, or is `equals` when that is given. A member whose
 * type is an enum also takes names of the enum's values.
 */
export interface When {
  readonly member: string;
  readonly mask?: number | string;
  readonly equals?: number | string;
}

/** How one property is read from the struct. */
export type WireMeaning =
  | { readonly kind: "integer"; readonly bigEndian: boolean }
  | { readonly kind: "boolean" }
  | { readonly kind: "c-string"; readonly at?: string }
  | { readonly kind: "bytes"; readonly length: string }
  | { readonly kind: "ipv4" | "ipv6" | "mac" }
  | { readonly kind: "ip"; readonly version: string }
  | { readonly kind: "lookup"; readonly lookup: string }
  | { readonly kind: "key-lookup"; readonly lookup: string; readonly members: readonly string[] }
  | { readonly kind: "frames"; readonly length: string }
  | { readonly kind: "constant"; readonly value: string | number | boolean }
  | { readonly kind: "array" }
  | { readonly kind: "group" };

/** The annotation as stored under {@link wireKey}. */
export interface WireAnnotation {
  readonly meaning: WireMeaning;
  /** Path of the struct member, dots between levels (`task.comm`); the property's own name when absent. */
  readonly member?: string;
  /** The property (or group) is present only when this holds; the property must then be optional. */
  readonly when?: When;
  /** The property is absent when the member is zero; the property must then be optional. */
  readonly omitZero?: boolean;
}

/** Options every wire type takes. `description` becomes JSON schema text; its first sentence is the field's label. */
export interface FieldOptions {
  readonly description: string;
  readonly member?: string;
  readonly when?: When;
  readonly omitZero?: boolean;
}

/** Reads the wire annotation of a schema, if it has one. */
export function wireOf(schema: TSchema): WireAnnotation | undefined {
  return (schema as { [wireKey]?: WireAnnotation })[wireKey];
}

function annotate<T extends TSchema>(schema: T, meaning: WireMeaning, options: Omit<FieldOptions, "description">): T {
  const annotation: WireAnnotation = {
    meaning,
    ...(options.member === undefined ? {} : { member: options.member }),
    ...(options.when === undefined ? {} : { when: options.when }),
    ...(options.omitZero === undefined ? {} : { omitZero: options.omitZero }),
  };
  const annotated = { ...schema, [wireKey]: annotation } as T;
  return options.when || options.omitZero ? (Type.Optional(annotated) as unknown as T) : annotated;
}

type IntegerOptions = FieldOptions & { readonly bigEndian?: boolean };

function integer(format: string, range: SchemaOptions, options: IntegerOptions) {
  const schema = Type.Integer({ description: options.description, format, ...range });
  return annotate(schema, { kind: "integer", bigEndian: options.bigEndian ?? false }, options);
}

/** Unsigned 8-bit integer. */
export const U8 = (options: IntegerOptions) => integer("uint8", { minimum: 0, maximum: 255 }, options);
/** Unsigned 16-bit integer; `bigEndian` for values in network byte order. */
export const U16 = (options: IntegerOptions) => integer("uint16", { minimum: 0, maximum: 65535 }, options);
/** Unsigned 32-bit integer; `bigEndian` for values in network byte order. */
export const U32 = (options: IntegerOptions) => integer("uint32", { minimum: 0 }, options);
/** Unsigned 64-bit integer, exact (see `U64` in event.ts). */
export const U64 = (options: IntegerOptions) => integer("uint64", { minimum: 0 }, options);
/** Signed 32-bit integer. */
export const I32 = (options: IntegerOptions) => integer("int32", {}, options);
/** Signed 64-bit integer, exact. */
export const I64 = (options: IntegerOptions) => integer("int64", {}, options);

/** A boolean: true when the integer member is non-zero. */
export function Bool(options: FieldOptions) {
  return annotate(Type.Boolean({ description: options.description }), { kind: "boolean" }, options);
}

/**
 * Text of a `char[N]` member up to its first NUL; bytes that are not UTF-8 become U+FFFD. Texts of varying length stand
 * one behind the other in a trailing `char[]`: there, `at` names the member that says where this one begins.
 */
export function CString(options: FieldOptions & { readonly at?: string }) {
  const meaning: WireMeaning = { kind: "c-string", ...(options.at === undefined ? {} : { at: options.at }) };
  return annotate(Type.String({ description: options.description }), meaning, options);
}

/**
 * Bytes of a trailing `u8[]`/`u8[N]` member, as many as the member `length` says (never beyond the section).
 * A `Uint8Array` in events, a byte string in CBOR, padded base64 in JSON.
 */
export function Bytes(options: FieldOptions & { readonly length: string }) {
  const schema = Type.String({ description: options.description, contentEncoding: "base64" });
  return annotate(schema, { kind: "bytes", length: options.length }, options);
}

/** Dotted-quad text of 4 bytes in network order. */
export function Ipv4(options: FieldOptions) {
  return annotate(Type.String({ description: options.description }), { kind: "ipv4" }, options);
}

/** RFC 5952 text of 16 bytes in network order. */
export function Ipv6(options: FieldOptions) {
  return annotate(Type.String({ description: options.description }), { kind: "ipv6" }, options);
}

/** An address of either version in 16 bytes: an IPv4 one, in the first four, when the integer member `version` is 4. */
export function IpAddress(options: FieldOptions & { readonly version: string }) {
  return annotate(Type.String({ description: options.description }), { kind: "ip", version: options.version }, options);
}

/** Colon-separated lowercase text of 6 bytes. */
export function Mac(options: FieldOptions) {
  return annotate(Type.String({ description: options.description }), { kind: "mac" }, options);
}

type LookupOptions = FieldOptions & { readonly lookup: string };

/** Text that a lookup (see `Plan.lookups` in collector.ts) gives for the integer member; absent when it gives none. */
export function Text(options: LookupOptions) {
  return annotate(Type.String({ description: options.description }), { kind: "lookup", lookup: options.lookup }, options);
}

/** Like {@link Text} for a property that may be absent. */
export function OptionalText(options: LookupOptions) {
  return Type.Optional(Text(options));
}

/** A list of texts that a lookup gives for the integer member; absent when it gives none. */
export function OptionalTexts(options: LookupOptions) {
  const schema = Type.Array(Type.String(), { description: options.description });
  return Type.Optional(annotate(schema, { kind: "lookup", lookup: options.lookup }, options));
}

/**
 * Text that a lookup (see `Plan.keyLookups` in collector.ts) gives for several integer members together, in the order of
 * `members`; absent when it gives none.
 */
export function OptionalTextOf(options: { readonly description: string; readonly lookup: string; readonly members: readonly string[] }) {
  const { description, lookup, members } = options;
  return Type.Optional(annotate(Type.String({ description }), { kind: "key-lookup", lookup, members }, {}));
}

/**
 * A stack trace: the texts of the addresses in a trailing `u64[]` member, as many as the member `length` says; absent
 * when there are none. Core alone can turn addresses into text, so only its own sections use this.
 */
export function OptionalFrames(options: FieldOptions & { readonly length: string }) {
  const schema = Type.Array(Type.String(), { description: options.description });
  return Type.Optional(annotate(schema, { kind: "frames", length: options.length }, options));
}

/** A value that does not depend on the struct, usually under a `when`. */
export function Constant(value: string | number | boolean, options: FieldOptions) {
  return annotate(Type.Literal(value, { description: options.description }), { kind: "constant", value }, options);
}

/** A C array of integers. */
export function Integers(options: FieldOptions & { readonly format: "uint8" | "uint16" | "uint32" | "uint64" }) {
  const schema = Type.Array(Type.Integer({ format: options.format, minimum: 0 }), { description: options.description });
  return annotate(schema, { kind: "array" }, options);
}

/**
 * A nested object. With `member`, its properties are looked up inside that nested struct; without, in the same struct.
 * Give it `when` for an object that is present only sometimes.
 */
export function Group<T extends TProperties>(properties: T, options: FieldOptions): TObject<T> {
  return annotate(Type.Object(properties, { description: options.description }), { kind: "group" }, options);
}

/**
 * A nested object that is sent only sometimes: its `member` is an array of structs without a size at the end of the
 * struct, of which the hook sends one or none (`retis_section_used()`). Absent when the section was sent without it.
 */
export function TrailingGroup<T extends TProperties>(properties: T, options: { readonly description: string; readonly member: string }) {
  return Type.Optional(Group(properties, options));
}

/** What turns an integer into text, or into a list of texts; `undefined` leaves the property out. */
export interface Lookup {
  (value: number): string | readonly string[] | undefined;
  /** Set when the same value can mean something else later; it is then asked for each event. */
  readonly volatile?: boolean;
}

/**
 * What turns several integers into text; `undefined` leaves the property out. It is asked for each event. Integers are
 * exact, as in events: bigints where a number would be rounded.
 */
export type KeyLookup = (...key: readonly (number | bigint)[]) => string | undefined;

/**
 * What turns a stack into texts, innermost frame first: `count` 64-bit addresses as pairs of words (low, high) from
 * index `at`. The words are valid only during the call.
 */
export type FrameLookup = (words: Uint32Array, at: number, count: number) => readonly string[] | undefined;
