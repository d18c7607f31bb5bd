import type { Section } from "../api/section.ts";

/** Path of a property in an event, e.g. `["packet", "data"]`; {@link everyItem} is a step into array items. */
export type FieldPath = readonly string[];

/** Step of a {@link FieldPath} into each item of an array. */
export const everyItem = "[]";

/** Of the JSON form as the original tool writes it, which carries no schema. */
export const originalBase64Fields: readonly FieldPath[] = [["packet", "data"]];

type JsonSchema = Readonly<Record<string, unknown>>;

/** Schemas nest through references; a longer path comes from a schema that contains itself. */
const maxPathLength = 12;

/** Parts of a schema that are looked at, one after the other and within each other: a schema may refer to itself again and again. */
const maxVisits = 50_000;
const maxNesting = 64;
/** Each is looked for in every event. */
const maxPaths = 1000;

/**
 * Finds the properties that hold bytes (`contentEncoding: "base64"`) in the JSON schema of an event, through `$ref` to
 * `#/$defs/…`, `anyOf`, `oneOf`, `allOf` and `items`. Never throws; parts it cannot follow have no bytes.
 */
export function base64FieldsOf(schema: JsonSchema): readonly FieldPath[] {
  const paths = new Map<string, FieldPath>();
  let visits = 0;
  let nesting = 0;
  const visit = (part: unknown, path: FieldPath): void => {
    if (!isSchema(part) || path.length > maxPathLength || nesting > maxNesting || ++visits > maxVisits) return;
    nesting++;
    visitParts(part, path);
    nesting--;
  };
  const visitParts = (part: JsonSchema, path: FieldPath): void => {
    if (part["contentEncoding"] === "base64" && paths.size < maxPaths) paths.set(path.join("/"), path);
    const target = definition(schema, part["$ref"]);
    if (target) visit(target, path);
    for (const key of ["anyOf", "oneOf", "allOf"]) {
      const choices = part[key];
      if (Array.isArray(choices)) for (const choice of choices) visit(choice, path);
    }
    if (isSchema(part["properties"])) {
      for (const [name, property] of Object.entries(part["properties"])) visit(property, [...path, name]);
    }
    visit(part["items"], [...path, everyItem]);
  };
  visit(schema, []);
  return [...paths.values()];
}

/** The same of declared sections, whose schemas are JSON schemas too. */
export function base64FieldsOfSections(sections: readonly Section[]): readonly FieldPath[] {
  return base64FieldsOf({ properties: Object.fromEntries(sections.map(({ key, schema }) => [key, schema])) });
}

function definition(schema: JsonSchema, reference: unknown): unknown {
  const prefix = "#/$defs/";
  if (typeof reference !== "string" || !reference.startsWith(prefix)) return undefined;
  const definitions = schema["$defs"];
  return isSchema(definitions) ? definitions[reference.slice(prefix.length)] : undefined;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Turns the base64 texts at the paths into `Uint8Array`s, in place.
 *
 * @returns paths whose text is not base64 (RFC 4648 section 4, padded); their sections are removed from the event
 */
export function decodeBase64Fields(event: Record<string, unknown>, paths: readonly FieldPath[]): readonly string[] {
  const bad: string[] = [];
  for (const path of paths) {
    const section = path[0] as string;
    if (event[section] === undefined || decodeAt(event, path, 0)) continue;
    bad.push(path.join("/"));
    delete event[section];
  }
  return bad;
}

function decodeAt(container: Record<string, unknown>, path: FieldPath, depth: number): boolean {
  const step = path[depth] as string;
  if (step === everyItem) {
    if (!Array.isArray(container)) return true;
    return container.every((_item, index) => decodeMember(container as never, String(index), path, depth));
  }
  return decodeMember(container, step, path, depth);
}

function decodeMember(container: Record<string, unknown>, key: string, path: FieldPath, depth: number): boolean {
  const value = container[key];
  if (depth < path.length - 1) {
    return typeof value !== "object" || value === null || decodeAt(value as Record<string, unknown>, path, depth + 1);
  }
  if (value === undefined || value === null || value instanceof Uint8Array) return true;
  const bytes = typeof value === "string" ? bytesOfBase64(value) : undefined;
  if (bytes === undefined) return false;
  container[key] = bytes;
  return true;
}

function bytesOfBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
  } catch {
    return undefined;
  }
}
