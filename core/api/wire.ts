/**
 * The vocabulary of section schemas: TypeBox types that also say how a member of the section's C struct is meant.
 * Offsets, sizes and signs are never written here; they come from the struct's BTF (design D2). Without `member`, a
 * property reads the struct member of its own name.
 */
import {
  Type,
  type SchemaOptions,
  type TArray,
  type TBoolean,
  type TInteger,
  type TLiteral,
  type TObject,
  type TOptional,
  type TProperties,
  type TSchema,
  type TString,
  type TUnsafe,
} from "@sinclair/typebox";

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
  | { readonly kind: "enum"; readonly enum: string; readonly prefix: string; readonly lowerCase: boolean }
  | { readonly kind: "key-lookup"; readonly lookup: string; readonly members: readonly string[] }
  | { readonly kind: "frames"; readonly length: string }
  | { readonly kind: "location" }
  | { readonly kind: "constant"; readonly value: string | number | boolean }
  | { readonly kind: "array" }
  | { readonly kind: "list"; readonly length?: string }
  | { readonly kind: "group" };

/**
 * How the text of a section without `format` shows an integer: `hex`: 0x1f; `bytes`: 1.5 MiB; `duration`: nanoseconds as 1.25 ms.
 * JSON and files have the number.
 */
export type Display = "hex" | "bytes" | "duration";

/** The annotation as stored under {@link wireKey}. */
export interface WireAnnotation {
  readonly meaning: WireMeaning;
  readonly display?: Display;
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

/** What makes a property optional. */
type Condition = { readonly when: When } | { readonly omitZero: true };

/** Makes the schema of a property; with a condition among the options, of an optional one. */
interface Field<T extends TSchema, O extends FieldOptions = FieldOptions> {
  (options: O & Condition): TOptional<T>;
  (options: O): T;
}

function annotate<T extends TSchema>(
  schema: T,
  meaning: WireMeaning,
  options: Omit<FieldOptions, "description"> & { readonly display?: Display },
): T {
  const annotation: WireAnnotation = {
    meaning,
    ...(options.display === undefined ? {} : { display: options.display }),
    ...(options.member === undefined ? {} : { member: options.member }),
    ...(options.when === undefined ? {} : { when: options.when }),
    ...(options.omitZero === undefined ? {} : { omitZero: options.omitZero }),
  };
  const annotated = { ...schema, [wireKey]: annotation } as T;
  return options.when || options.omitZero ? (Type.Optional(annotated) as unknown as T) : annotated;
}

/** {@link annotate} makes optional what has a condition; its type cannot say so. */
function field<T extends TSchema, O extends FieldOptions>(make: (options: O) => T): Field<T, O> {
  return make as unknown as Field<T, O>;
}

type IntegerOptions = FieldOptions & { readonly bigEndian?: boolean; readonly display?: Display };

function integer<T extends TSchema = TInteger>(format: string, range: SchemaOptions): Field<T, IntegerOptions> {
  return field((options) => {
    const schema = Type.Integer({ description: options.description, format, ...range });
    return annotate(schema as TSchema as T, { kind: "integer", bigEndian: options.bigEndian ?? false }, options);
  });
}

/** In events a bigint when it is not a safe integer. */
type ExactInteger = TUnsafe<number | bigint>;

/** Unsigned 8-bit integer. */
export const U8 = integer("uint8", { minimum: 0, maximum: 255 });
/** Unsigned 16-bit integer; `bigEndian` for values in network byte order. */
export const U16 = integer("uint16", { minimum: 0, maximum: 65535 });
/** Unsigned 32-bit integer; `bigEndian` for values in network byte order. */
export const U32 = integer("uint32", { minimum: 0 });
/** Unsigned 64-bit integer, exact (see `U64` in event.ts). */
export const U64 = integer<ExactInteger>("uint64", { minimum: 0 });
/** Signed 32-bit integer. */
export const I32 = integer("int32", {});
/** Signed 64-bit integer, exact. */
export const I64 = integer<ExactInteger>("int64", {});

/** A boolean: true when the integer member is non-zero. */
export const Bool: Field<TBoolean> = field(({ description, ...options }) =>
  annotate(Type.Boolean({ description }), { kind: "boolean" }, options),
);

/**
 * Text of a `char[N]` member up to its first NUL; bytes that are not UTF-8 become U+FFFD. Texts of varying length follow
 * each other in a trailing `char[]`: there, `at` names the member that says where this one begins.
 */
export const CString: Field<TString, FieldOptions & { readonly at?: string }> = field(({ description, at, ...options }) =>
  annotate(Type.String({ description }), { kind: "c-string", ...(at === undefined ? {} : { at }) }, options),
);

/**
 * Bytes of a trailing `u8[]`/`u8[N]` member, as many as the member `length` says (never beyond the section).
 * A `Uint8Array` in events, a byte string in CBOR, padded base64 in JSON.
 */
export const Bytes: Field<TUnsafe<Uint8Array>, FieldOptions & { readonly length: string }> = field(
  ({ description, length, ...options }) => {
    const schema: TSchema = Type.String({ description, contentEncoding: "base64" });
    return annotate(schema as TUnsafe<Uint8Array>, { kind: "bytes", length }, options);
  },
);

/** Dotted-quad text of 4 bytes in network order. */
export const Ipv4: Field<TString> = field(({ description, ...options }) =>
  annotate(Type.String({ description }), { kind: "ipv4" }, options),
);

/** RFC 5952 text of 16 bytes in network order. */
export const Ipv6: Field<TString> = field(({ description, ...options }) =>
  annotate(Type.String({ description }), { kind: "ipv6" }, options),
);

/** An address of either version in 16 bytes: an IPv4 one, in the first four, when the integer member `version` is 4. */
export const IpAddress: Field<TString, FieldOptions & { readonly version: string }> = field(({ description, version, ...options }) =>
  annotate(Type.String({ description }), { kind: "ip", version }, options),
);

/** Colon-separated lowercase text of 6 bytes. */
export const Mac: Field<TString> = field(({ description, ...options }) => annotate(Type.String({ description }), { kind: "mac" }, options));

type LookupOptions = FieldOptions & { readonly lookup: string };

/** Text that a lookup (see `Plan.lookups` in collector.ts) gives for the integer member; absent when it gives none. */
export const Text: Field<TString, LookupOptions> = field(({ description, lookup, ...options }) =>
  annotate(Type.String({ description }), { kind: "lookup", lookup }, options),
);

type EnumOptions = FieldOptions & {
  /** Name of the enum; of one without a name, the name of any of its values, e.g. `TCP_ESTABLISHED`. */
  readonly enum: string;
  /** Left out of the names. */
  readonly prefix?: string;
  /** Names in lower case. */
  readonly lowerCase?: boolean;
};

/** Name that an enum of the running kernel has for the integer member; the number as text where it has none. */
export const EnumText: Field<TString, EnumOptions> = field(({ description, enum: name, prefix = "", lowerCase = false, ...options }) =>
  annotate(Type.String({ description }), { kind: "enum", enum: name, prefix, lowerCase }, options),
);

/** Like {@link Text} for a property that may be absent. */
export function OptionalText(options: LookupOptions): TOptional<TString> {
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
 * A place in the kernel's code, from the address in a `u64` member: `symbol+0xoffset`, ` [module]` after it when it is in one,
 * `0xaddress` when it has no symbol or the kernel hides them; absent when the address is 0.
 */
export function OptionalLocation({ description, ...options }: FieldOptions): TOptional<TString> {
  return Type.Optional(annotate(Type.String({ description }), { kind: "location" }, options));
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
export function Constant<const V extends string | number | boolean>(value: V, options: FieldOptions & Condition): TOptional<TLiteral<V>>;
export function Constant<const V extends string | number | boolean>(value: V, options: FieldOptions): TLiteral<V>;
export function Constant<const V extends string | number | boolean>(value: V, options: FieldOptions): TSchema {
  return annotate(Type.Literal(value, { description: options.description }), { kind: "constant", value }, options);
}

type IntegersOptions = FieldOptions & { readonly format: "uint8" | "uint16" | "uint32" | "uint64" };

/** A C array of integers. */
export const Integers: Field<TArray<ExactInteger>, IntegersOptions> = field(({ description, format, ...options }) => {
  const schema: TSchema = Type.Array(Type.Integer({ format, minimum: 0 }), { description });
  return annotate(schema as TArray<ExactInteger>, { kind: "array" }, options);
});

/**
 * A list of objects: a C array of structs, of fixed length. Its properties are members of that struct. `length`, a member beside
 * the array, says how many there are; without it all.
 */
export function List<T extends TProperties>(
  properties: T,
  options: FieldOptions & Condition & { readonly length?: string },
): TOptional<TArray<TObject<T>>>;
export function List<T extends TProperties>(properties: T, options: FieldOptions & { readonly length?: string }): TArray<TObject<T>>;
export function List<T extends TProperties>(properties: T, options: FieldOptions & { readonly length?: string }): TSchema {
  const { description, length, ...rest } = options;
  const schema = Type.Array(Type.Object(properties), { description });
  return annotate(schema, { kind: "list", ...(length === undefined ? {} : { length }) }, rest);
}

/**
 * A nested object. With `member`, its properties are looked up inside that nested struct; without, in the same struct.
 * Give it `when` for an object that is present only sometimes.
 */
export function Group<T extends TProperties>(properties: T, options: FieldOptions & Condition): TOptional<TObject<T>>;
export function Group<T extends TProperties>(properties: T, options: FieldOptions): TObject<T>;
export function Group<T extends TProperties>(properties: T, options: FieldOptions): TSchema {
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
  /** Set when the same value can mean something else later; it is then looked up for each event. */
  readonly volatile?: boolean;
}

/**
 * What turns several integers into text; `undefined` leaves the property out. It is looked up for each event. Integers are
 * exact, as in events: bigints where a number would be rounded.
 */
export type KeyLookup = (...key: readonly (number | bigint)[]) => string | undefined;

/**
 * What turns a stack into texts, innermost frame first: `count` 64-bit addresses as pairs of words (low, high) from
 * index `at`. The words are valid only during the call.
 */
export type FrameLookup = (words: Uint32Array, at: number, count: number) => readonly string[] | undefined;

/** What turns a kernel address, which is not 0, into text; `undefined` leaves the property out. */
export type LocationLookup = (address: bigint) => string | undefined;
