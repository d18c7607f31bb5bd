/** Ties a section's schema to its struct. Every disagreement is an error here, at start, and never one per event. */
import type { TObject, TSchema } from "@sinclair/typebox";
import type { EnumValue } from "../api/host.ts";
import type { MemberType, StructLayout } from "../api/layout.ts";
import { type Lookup, type WireAnnotation, type WireMeaning, wireOf } from "../api/wire.ts";
import { bindConditions } from "./bind-condition.ts";
import type { BoundCondition, BoundField, BoundInteger, BoundSection, BoundValue } from "./bound-section.ts";
import { FrameTable } from "./frame-table.ts";
import { KeyLookupTable } from "./key-lookup-table.ts";
import { LocationTable } from "./location-table.ts";
import { LookupTable } from "./lookup-table.ts";
import { bitsOf, boundInteger, type FoundMember, innerMembers, isInteger, structMembers } from "./struct-members.ts";
import { type BindContext, type EnumSource, mismatch, type PropertyContext, requireInteger, requireMember } from "./property-context.ts";

/** @throws TraceError `SECTION_MISMATCH` naming collector, section and property */
export function bindSection(context: BindContext): BoundSection {
  const { section, layout } = context;
  const fields = bindFields(section.schema, { ...context, path: "", scope: structMembers(layout) });
  return { key: section.key, fields, minimumSize: minimumSize(fields, layout) };
}

/** Bytes of an array at the end of the struct are sent as far as they are used; all others must be there. */
function minimumSize(fields: readonly BoundField[], layout: StructLayout): number {
  const last = layout.members.reduce((latest, { offset }) => Math.max(latest, offset), 0);
  const trailing = fields.find(
    ({ value }) => (value.kind === "bytes" || value.kind === "frames" || value.kind === "trailing-text") && value.offset === last,
  );
  return trailing === undefined ? layout.size : Math.min(last, layout.size);
}

/** The head of a map of CBOR holds this number in one byte. */
const maxProperties = 255;

function bindFields(schema: TObject, context: PropertyContext): readonly BoundField[] {
  const required = new Set(schema.required ?? []);
  const properties = Object.entries(schema.properties);
  if (properties.length > maxProperties) throw mismatch(context, `has more than ${maxProperties} properties`);
  return properties.map(([name, property]) => {
    const path = context.path === "" ? name : `${context.path}.${name}`;
    return bindField(name, property, !required.has(name), { ...context, path });
  });
}

function bindField(name: string, schema: TSchema, optional: boolean, context: PropertyContext): BoundField {
  const annotation = wireOf(schema);
  if (!/^[a-z][a-z0-9_]*$/.test(name)) throw mismatch(context, "has a name that is not snake_case");
  if (annotation === undefined) throw mismatch(context, "does not say how it is read; use the types of retis/collector");
  const conditional = annotation.when !== undefined || annotation.omitZero === true;
  if (conditional && !optional) throw mismatch(context, "has a condition, so it must be optional");
  const value = bindValue(name, schema, annotation, context);
  const conditions = [...bindSent(annotation, context), ...bindConditions(annotation, value, context)];
  if (conditions.length > 0 && !optional) throw mismatch(context, "may not be sent, so it must be optional; use TrailingGroup");
  return { name, value, conditions };
}

function bindValue(name: string, schema: TSchema, annotation: WireAnnotation, context: PropertyContext): BoundValue {
  const meaning = annotation.meaning;
  if (meaning.kind === "constant") return { kind: "constant", value: meaning.value };
  if (meaning.kind === "key-lookup") return bindKeyLookup(name, meaning, context);
  if (meaning.kind === "group") return bindGroup(schema as TObject, annotation, context);
  const member = requireMember(annotation.member ?? name, context);
  switch (meaning.kind) {
    case "integer":
      return { kind: "integer", member: bindInteger(member, schema.format, meaning.bigEndian, context) };
    case "boolean":
      return { kind: "boolean", member: requireInteger(member, context) };
    case "lookup":
      return bindLookup(name, member, meaning.lookup, context);
    case "enum":
      return bindEnum(name, member, meaning, context);
    case "location":
      return bindLocation(name, member, context);
    case "frames":
      return bindFrames(name, member, meaning.length, context);
    case "array":
      return bindArray(member, schema, context);
    case "list":
      return bindList(member, schema, meaning.length, context);
    case "bytes":
      return bindBytes(member, meaning, context);
    case "ip":
      return {
        kind: "ip",
        offset: requireAddress(member, 16, context),
        version: requireInteger(requireMember(meaning.version, context), context),
      };
    case "c-string":
      return bindText(member, meaning.at, context);
    default:
      return bindAddress(member, meaning.kind, context);
  }
}

function bindGroup(schema: TObject, annotation: WireAnnotation, context: PropertyContext): BoundValue {
  if (annotation.member === undefined) return { kind: "group", fields: bindFields(schema, context) };
  const member = requireMember(annotation.member, context);
  const { members } = sometimesSent(member) ?? member;
  if (members === undefined) throw mismatch(context, `is a group, but member "${member.name}" is not a struct`);
  return { kind: "group", fields: bindFields(schema, { ...context, scope: innerMembers({ ...member, members }, context.scope) }) };
}

/** The struct that an array without a size consists of; undefined for other members. */
function sometimesSent(member: FoundMember): MemberType | undefined {
  return member.kind === "array" && member.length === 0 && member.element?.kind === "struct" ? member.element : undefined;
}

function bindSent({ meaning, member: path }: WireAnnotation, context: PropertyContext): readonly BoundCondition[] {
  if (meaning.kind !== "group" || path === undefined) return [];
  const member = requireMember(path, context);
  const struct = sometimesSent(member);
  return struct === undefined ? [] : [{ kind: "size", atLeast: member.offset + struct.size }];
}

function bindText(member: FoundMember, at: string | undefined, context: PropertyContext): BoundValue {
  if (at === undefined) {
    if (member.kind === "char-array" && member.length! > 0) return { kind: "c-string", offset: member.offset, length: member.length! };
    throw mismatch(context, `is text, but member "${member.name}" is not a char array of fixed length`);
  }
  if (member.kind !== "char-array" || member.length !== 0)
    throw mismatch(context, `is text among others, but member "${member.name}" is not a char array without a length`);
  return { kind: "trailing-text", offset: member.offset, start: requireCount(at, "its place", context) };
}

function bindInteger(member: FoundMember, format: string | undefined, bigEndian: boolean, context: PropertyContext): BoundInteger {
  const integer = requireInteger(member, context);
  if (bigEndian && integer.bits !== undefined) throw mismatch(context, `is big-endian, but member "${member.name}" is a bitfield`);
  requireRange(integer, format, member.name, context);
  return { ...integer, bigEndian };
}

/** Values of the member must all be values of the property, else the schema would not be true. */
function requireRange(integer: BoundInteger, format: string | undefined, name: string, context: PropertyContext): void {
  const [, unsigned, bits] = /^(u?)int(\d+)$/.exec(format ?? "") ?? [];
  if (bits === undefined) throw mismatch(context, "is an integer without a format; use the types of retis/collector");
  const spare = Number(bits) - bitsOf(integer) - (unsigned === "" && !integer.signed ? 1 : 0);
  if (spare >= 0 && !(unsigned === "u" && integer.signed)) return;
  const found = `${integer.signed ? "a signed" : "an unsigned"} integer of ${bitsOf(integer)} bits`;
  throw mismatch(context, `is ${format}, but member "${name}" is ${found}, which holds values out of its range`);
}

function bindLookup(property: string, member: FoundMember, name: string, context: PropertyContext): BoundValue {
  const integer = requireInteger(member, context);
  if (bitsOf(integer) > 32) throw mismatch(context, `looks up member "${member.name}", which has more than 32 bits`);
  const lookup = context.lookups[name];
  if (lookup === undefined) throw mismatch(context, `names lookup "${name}", which the collector does not provide`);
  return { kind: "lookup", table: new LookupTable(lookup, property), member: integer };
}

function bindEnum(property: string, member: FoundMember, meaning: WireMeaning & { kind: "enum" }, context: PropertyContext): BoundValue {
  const integer = requireInteger(member, context);
  if (bitsOf(integer) > 32) throw mismatch(context, `names member "${member.name}", which has more than 32 bits`);
  return { kind: "lookup", table: new LookupTable(enumLookup(meaning, context.enums), property), member: integer };
}

/** A number without a name is its own text. The enum is looked up with the first number: a module that has it may be loaded by then. */
function enumLookup({ enum: name, prefix, lowerCase }: WireMeaning & { kind: "enum" }, enums: EnumSource): Lookup {
  let names: ReadonlyMap<number, string> | undefined;
  return (value) => {
    names ??= namesByValue(enums(name) ?? [], prefix, lowerCase);
    return names.get(value) ?? String(value);
  };
}

/** Where several names share a value the first counts. */
function namesByValue(values: readonly EnumValue[], prefix: string, lowerCase: boolean): ReadonlyMap<number, string> {
  const named = values.map(({ name, value }) => {
    const short = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    return [Number(value), lowerCase ? short.toLowerCase() : short] as const;
  });
  return new Map(named.reverse());
}

function bindKeyLookup(
  property: string,
  { lookup: name, members }: WireMeaning & { kind: "key-lookup" },
  context: PropertyContext,
): BoundValue {
  const lookup = context.keyLookups[name];
  if (lookup === undefined) throw mismatch(context, `names key lookup "${name}", which the collector does not provide`);
  const integers = members.map((path) => requireInteger(requireMember(path, context), context));
  return { kind: "key-lookup", table: new KeyLookupTable(lookup, property), members: integers };
}

function bindArray(member: FoundMember, schema: TSchema, context: PropertyContext): BoundValue {
  const { element, length = 0 } = member;
  if (element === undefined || !isInteger(element) || length === 0) {
    throw mismatch(context, `is a list, but member "${member.name}" is not an array of integers of fixed length`);
  }
  const first = boundInteger({ ...element, name: member.name, offset: member.offset });
  requireRange(first, (schema.items as TSchema | undefined)?.format, member.name, context);
  return { kind: "integers", first, count: length };
}

function bindList(member: FoundMember, schema: TSchema, length: string | undefined, context: PropertyContext): BoundValue {
  const { element, length: most = 0 } = member;
  if (element?.members === undefined || most === 0)
    throw mismatch(context, `is a list, but member "${member.name}" is not an array of structs of fixed length`);
  const packed = unalignedIn(element, element.size);
  if (packed) throw mismatch(context, `is a list, but the struct of member "${member.name}" is packed`);
  const scope = innerMembers({ ...member, members: element.members }, context.scope);
  const fields = bindFields(schema.items as TObject, { ...context, scope });
  if (fields.some(isOpenEnded)) throw mismatch(context, "is a list, so its objects cannot have members without a fixed length");
  const count = length === undefined ? undefined : requireCount(length, "its length", context);
  return { kind: "list", offset: member.offset, fields, size: element.size, most, count };
}

/** Whether an integer of a struct may be at an odd place in an array of such structs. */
function unalignedIn({ members = [] }: MemberType, size: number): boolean {
  return members.some((member) =>
    member.members
      ? unalignedIn(member, size)
      : size % Math.min(member.element?.size ?? member.size, 4) !== 0 && member.bitSize === undefined,
  );
}

/** Whether a value, or one in it, extends to the end of the payload. */
function isOpenEnded({ value, conditions }: BoundField): boolean {
  if (conditions.some(({ kind }) => kind === "size")) return true;
  if (value.kind === "group" || value.kind === "list") return value.fields.some(isOpenEnded);
  return value.kind === "trailing-text" || value.kind === "frames" || (value.kind === "bytes" && !Number.isFinite(value.limit));
}

function bindBytes(member: FoundMember, meaning: WireMeaning & { kind: "bytes" }, context: PropertyContext): BoundValue {
  if (member.length === undefined || member.element?.size !== 1) {
    throw mismatch(context, `is bytes, but member "${member.name}" is not an array of bytes`);
  }
  const count = requireCount(meaning.length, "its length", context);
  return { kind: "bytes", offset: member.offset, limit: member.length === 0 ? Number.POSITIVE_INFINITY : member.length, count };
}

/** @param what what the member says, for the message */
function requireCount(path: string, what: string, context: PropertyContext): BoundInteger {
  const count = requireInteger(requireMember(path, context), context);
  if (!count.signed && bitsOf(count) <= 32) return count;
  throw mismatch(context, `has ${what} in "${path}", which is not an unsigned integer of at most 32 bits`);
}

function bindFrames(property: string, member: FoundMember, length: string, context: PropertyContext): BoundValue {
  if (context.frames === undefined) throw mismatch(context, "is a stack trace, which only sections of core can have");
  if (member.element?.size !== 8 || member.offset % 8 !== 0)
    throw mismatch(context, `is a stack trace, but member "${member.name}" is not an array of u64`);
  return {
    kind: "frames",
    table: new FrameTable(context.frames, property),
    offset: member.offset,
    count: requireCount(length, "its length", context),
  };
}

function bindLocation(property: string, member: FoundMember, context: PropertyContext): BoundValue {
  const address = requireInteger(member, context);
  if (!address.signed && bitsOf(address) === 64)
    return { kind: "location", table: new LocationTable(context.locations, property), member: address };
  throw mismatch(context, `is a place in the kernel, but member "${member.name}" is not a u64`);
}

const addressSizes = { ipv4: 4, ipv6: 16, mac: 6 } as const;

function bindAddress(member: FoundMember, kind: keyof typeof addressSizes, context: PropertyContext): BoundValue {
  return { kind, offset: requireAddress(member, addressSizes[kind], context) };
}

/** Offset of an address. */
function requireAddress(member: FoundMember, size: number, context: PropertyContext): number {
  if (member.size === size && member.bitSize === undefined) return member.offset;
  throw mismatch(context, `is an address of ${size} bytes, but member "${member.name}" has ${member.size} bytes`);
}
