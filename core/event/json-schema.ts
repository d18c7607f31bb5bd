/**
 * The JSON Schema of events, from the declared sections. Its shape is bound by what the Wireshark plugin can read
 * (spec events-and-processing 4): every object is a `$defs` entry that is referred to as `#/$defs/<Name>`, an object
 * that may be absent is `anyOf` of that reference and null, an optional scalar has the type list `[type, "null"]`, and
 * nothing is without a type.
 */
import type { TSchema } from "@sinclair/typebox";
import { isDeepStrictEqual } from "node:util";
import type { Section } from "../api/section.ts";

/** A JSON Schema (draft 2020-12) or a part of one, ready for JSON. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Keywords of the TypeBox schema that stay as they are. */
const keptKeywords = [
  ...["description", "type", "const", "enum", "format", "minimum", "maximum", "minLength", "maxLength", "pattern"],
  ...["contentEncoding", "minItems", "maxItems"],
];

/** Schema of one event with any of these sections; `title` is what the Wireshark plugin shows. */
export function eventSchema(sections: readonly Section[]): JsonSchema {
  const definitions = new Definitions(sections.map((section) => definitionName(section.key)));
  const properties = [...Map.groupBy(sections, ({ key }) => key)].map(([key, sameKey]) => {
    const name = definitionName(key);
    const { summary: description } = sameKey.at(-1)!; // That of the run, not of what runs may add.
    definitions.set(name, objectSchema({ ...mergedSchema(sameKey), description }, name, definitions));
    return [key, orNull({ description, $ref: `#/$defs/${name}` })] as const;
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Retis Metadata",
    description: "One event of retis: an object with one property for each section that is present.",
    type: "object",
    properties: sorted(properties),
    $defs: definitions.sorted(),
  };
}

/** One schema for sections of one key, as the fields of several probes are: what holds for each of them. */
function mergedSchema(sections: readonly Section[]): TSchema {
  const schemas = sections.map(({ schema, shown }): TSchema => ({ ...schema, properties: { ...schema.properties, ...shown } }));
  const [first, ...others] = schemas as [TSchema, ...TSchema[]];
  if (others.length === 0) return first;
  const names = new Set(schemas.flatMap(({ properties }) => Object.keys(properties)));
  const properties = Array.from(names, (name) => {
    const same = schemas.flatMap(({ properties: { [name]: property } }) => (property === undefined ? [] : [property as TSchema]));
    return [name, same.reduce(mergedProperty)] as const;
  });
  const required = (first["required"] ?? []).filter((name: string) => others.every((schema) => schema["required"]?.includes(name)));
  return { ...first, properties: Object.fromEntries(properties), required };
}

/** What holds for both: all values, if their types differ. */
function mergedProperty(a: TSchema, b: TSchema): TSchema {
  const description = [...new Set([a.description, b.description])].filter((text) => text !== undefined).join("; ");
  if (a.type !== b.type || a.type === undefined) return { description } as TSchema;
  const kept = keptKeywords.filter((keyword) => isDeepStrictEqual(a[keyword], b[keyword]) && keyword in a);
  const [minimum, maximum] = [Math.min(a["minimum"], b["minimum"]), Math.max(a["maximum"], b["maximum"])];
  return {
    ...a,
    ...Object.fromEntries(keptKeywords.map((keyword) => [keyword, undefined])),
    ...Object.fromEntries(kept.map((keyword) => [keyword, a[keyword]])),
    ...(Number.isFinite(minimum) && { minimum }),
    ...(Number.isFinite(maximum) && { maximum }),
    ...(a.type === "array" && { items: isDeepStrictEqual(a["items"], b["items"]) ? a["items"] : undefined }),
    description,
  } as TSchema;
}

/** Named object schemas; hands out names that are still free. */
class Definitions {
  private readonly schemas = new Map<string, JsonSchema>();

  constructor(private readonly reserved: readonly string[]) {}

  set(name: string, schema: JsonSchema): void {
    this.schemas.set(name, schema);
  }

  freeName(wanted: string): string {
    for (let count = 1; ; count++) {
      const name = count === 1 ? wanted : `${wanted}${count}`;
      if (!this.reserved.includes(name) && !this.schemas.has(name)) return name;
    }
  }

  sorted(): JsonSchema {
    return sorted([...this.schemas]);
  }
}

/** `skb-drop` → `SkbDropEvent`. */
function definitionName(key: string): string {
  return `${pascalCase(key)}Event`;
}

function pascalCase(text: string): string {
  return text.replace(/(?:^|[-_])([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase());
}

function objectSchema(schema: TSchema, name: string, definitions: Definitions): JsonSchema {
  const required: readonly string[] = schema.required ?? [];
  const entries = Object.entries((schema.properties ?? {}) as Record<string, TSchema>);
  const properties = entries.map(([property, value]) => {
    const wanted = name.replace(/Event\d*$/, "") + pascalCase(property);
    return [property, propertySchema(value, { wanted, optional: !required.includes(property), definitions })] as const;
  });
  return {
    ...kept(schema),
    properties: sorted(properties),
    ...(required.length > 0 ? { required: [...required] } : {}),
  };
}

interface Position {
  /** Name for a definition, should one be needed, without the suffix `Event`. */
  readonly wanted: string;
  readonly optional: boolean;
  readonly definitions: Definitions;
}

function propertySchema(schema: TSchema, position: Position): JsonSchema {
  if (schema.type === "object" && schema.properties)
    return position.optional ? orNull(reference(schema, position)) : reference(schema, position);
  const plain = scalarOrList(schema, position);
  if (!position.optional || typeof plain["type"] !== "string") return plain;
  return { ...plain, type: [plain["type"], "null"] };
}

function reference(schema: TSchema, { wanted, definitions }: Position): JsonSchema {
  const name = definitions.freeName(`${wanted}Event`);
  definitions.set(name, {});
  definitions.set(name, objectSchema(schema, name, definitions));
  return { ...described(schema), $ref: `#/$defs/${name}` };
}

function orNull({ description, ...target }: JsonSchema): JsonSchema {
  return { ...(description === undefined ? {} : { description }), anyOf: [target, { type: "null" }] };
}

function scalarOrList(schema: TSchema, position: Position): JsonSchema {
  if (schema.type === "array") return { ...kept(schema), items: itemSchema(schema.items, position) };
  if (typeof schema.type === "string" && schema.type !== "object") return kept(schema);
  const choices = choicesOf(schema);
  return choices === undefined ? { ...described(schema), ...anything } : { ...described(schema), ...choices };
}

function itemSchema(items: TSchema | undefined, position: Position): JsonSchema {
  return items === undefined ? anything : propertySchema(items, { ...position, wanted: `${position.wanted}Item`, optional: false });
}

/** A union of literals of one type as an enumeration. */
function choicesOf(schema: TSchema): JsonSchema | undefined {
  const members: readonly TSchema[] = Array.isArray(schema.anyOf) ? schema.anyOf : [];
  const type: unknown = members[0]?.type;
  const alike = members.every((member) => member.const !== undefined && member.type === type);
  return members.length > 0 && alike ? { type, enum: members.map((member) => member.const) } : undefined;
}

/** Any JSON value, in the form that the Wireshark plugin accepts: it takes a `oneOf` with an object first. */
const anything: JsonSchema = {
  oneOf: [{ type: "object", properties: {} }, { type: ["string", "number", "boolean", "array", "null"] }],
};

function described(schema: TSchema): JsonSchema {
  return schema.description === undefined ? {} : { description: schema.description };
}

function kept(schema: TSchema): JsonSchema {
  return Object.fromEntries(keptKeywords.flatMap((keyword) => (schema[keyword] !== undefined ? [[keyword, schema[keyword]]] : [])));
}

function sorted(entries: readonly (readonly [string, unknown])[]): JsonSchema {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
