/** The section of a probe's fields: where each is in it, and the schema that its values have. */
import { type TProperties, type TSchema, Type } from "@sinclair/typebox";
import type { MemberType, StructLayout, StructMember } from "../api/layout.ts";
import { defineSection, type Section } from "../api/section.ts";
import {
  Bool,
  CString,
  I32,
  I64,
  Integers,
  Ipv4,
  Ipv6,
  type KeyLookup,
  type Lookup,
  Mac,
  OptionalLocation,
  OptionalTextOf,
  Text,
  U16,
  U32,
  U64,
  U8,
} from "../api/wire.ts";
import type { FieldValue, ResolvedField } from "./field-source.ts";
import { readSize } from "./field-value.ts";

/** A field and where its bytes are, from the start of `struct retis_fields`. */
export interface PlacedField extends ResolvedField {
  readonly offset: number;
}

export interface FieldsSection {
  readonly section: Section;
  readonly fields: readonly PlacedField[];
  /** Bytes of the fields after the head. */
  readonly used: number;
  readonly layout: StructLayout;
  readonly lookups: Readonly<Record<string, Lookup>>;
  readonly keyLookups: Readonly<Record<string, KeyLookup>>;
}

/** Key of the sections of fields in events. */
export const fieldsKey = "fields";

/** Bits that say which fields could be read: those that a condition of a schema can test. */
export const mostFields = 31;

/**
 * Places fields one after the other.
 * @param wire name of the section in the hook
 * @param where the probes of the run that have fields, for the description
 * @param head bytes before the first field
 */
export function fieldsSection(wire: string, where: string, fields: readonly ResolvedField[], head: number): FieldsSection {
  let end = head;
  const placed = fields.map((field) => {
    const size = readSize(field.value);
    const offset = roundUp(end, alignmentOf(field.value));
    end = offset + size;
    return { ...field, offset };
  });
  const size = roundUp(end, 8);
  const properties: TProperties = Object.fromEntries(placed.map((field, index) => [field.name, schemaOf(wire, field, index)]));
  const section = defineSection({
    key: fieldsKey,
    summary: `Fields of ${where}. What was read there`,
    wire,
    schema: Type.Object(properties),
  });
  const members: readonly StructMember[] = [
    { name: "present", offset: 0, ...integer(4, false) },
    ...placed.map(({ value, offset }, index) => ({ name: `f${index}`, offset, ...memberType(value) })),
  ];
  return { section, fields: placed, used: size - head, layout: { name: "retis_fields", size, members }, ...lookupsOf(wire, placed) };
}

function alignmentOf(value: FieldValue): number {
  const size = value.kind === "list" ? value.element : readSize(value);
  return [1, 2, 4, 8].includes(size) ? size : 4;
}

function roundUp(bytes: number, to: number): number {
  return Math.ceil(bytes / to) * to;
}

function integer(size: number, signed: boolean): MemberType {
  return { kind: signed ? "int" : "uint", size, signed };
}

/** The member of the section's struct that a field becomes. */
function memberType(value: FieldValue): MemberType {
  const size = readSize(value);
  switch (value.kind) {
    case "integer":
    case "names":
      return integer(size, value.signed);
    case "boolean":
    case "hex":
    case "symbol":
      return integer(size, false);
    case "list":
      return { kind: "array", size, signed: false, element: integer(value.element, false), length: value.length };
    default:
      return { kind: "char-array", size, signed: false, element: integer(1, false), length: size };
  }
}

/** The lookups of all sections are in one table. */
function lookupName(wire: string, index: number): string {
  return `${wire}_${index}`;
}

function schemaOf(wire: string, { text, value }: PlacedField, index: number): TSchema {
  const member = `f${index}`;
  const options = { description: text, member, when: { member: "present", mask: 2 ** index } };
  switch (value.kind) {
    case "integer":
      return integerSchema(value, options);
    case "boolean":
      return Bool(options);
    case "names":
      return Text({ ...options, lookup: lookupName(wire, index) });
    case "hex":
      return OptionalTextOf({ description: text, lookup: lookupName(wire, index), members: ["present", member] });
    case "symbol":
      return OptionalLocation(options);
    case "text":
      return CString(options);
    case "ipv4":
      return Ipv4(options);
    case "ipv6":
      return Ipv6(options);
    case "mac":
      return Mac(options);
    case "list":
      return Integers({ ...options, format: listFormats[value.element as keyof typeof listFormats] });
  }
}

const listFormats = { 1: "uint8", 2: "uint16", 4: "uint32", 8: "uint64" } as const;

type FieldOptions = {
  readonly description: string;
  readonly member: string;
  readonly when: { readonly member: string; readonly mask: number };
};

function integerSchema({ size, signed, bigEndian }: FieldValue & { kind: "integer" }, options: FieldOptions): TSchema {
  if (signed) return size > 4 ? I64(options) : I32(options);
  const type = { 1: U8, 2: U16, 4: U32 }[size] ?? U64;
  return (type as typeof U32)({ ...options, bigEndian });
}

/** What gives names and hexadecimal texts. A number without a name is shown as a number. */
function lookupsOf(wire: string, fields: readonly PlacedField[]): Pick<FieldsSection, "lookups" | "keyLookups"> {
  const lookups: Record<string, Lookup> = {};
  const keyLookups: Record<string, KeyLookup> = {};
  for (const [index, { value }] of fields.entries()) {
    if (value.kind === "names") lookups[lookupName(wire, index)] = (number) => value.names.get(number) ?? String(number);
    if (value.kind === "hex")
      keyLookups[lookupName(wire, index)] = (present, number = 0) => (isPresent(present, index) ? `0x${number.toString(16)}` : undefined);
  }
  return { lookups, keyLookups };
}

function isPresent(present: number | bigint | undefined, index: number): boolean {
  return ((Number(present) >>> index) & 1) === 1;
}
