/**
 * The fields of docs/wireshark/retis.lua are those of the schema of events: a dissector must register its fields before
 * it sees a file. `RETIS_GOLDEN=refresh` writes the table anew.
 */
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { builtInCollectors } from "../../collectors/index.ts";
import { coreSections } from "../../core/event/core-sections.ts";
import { eventSchema } from "../../core/event/json-schema.ts";

type Schema = Readonly<Record<string, unknown>>;

const path = join(import.meta.dir, "../../docs/wireshark/retis.lua");
const table = /(?<=^-- fields: begin\n).*?(?=^-- fields: end$)/ms;

/** In events, but not in captures: the packet itself is there. */
const leftOut = ["packet"];

const schema = eventSchema([...coreSections, ...builtInCollectors.flatMap(({ sections }) => sections)]);
const definitions = schema["$defs"] as Readonly<Record<string, Schema>>;

/** Lines of the table for an object and all in it; an object that holds one of its own kind is followed once. */
function fieldLines(object: Schema, prefix: string, above: readonly Schema[]): readonly string[] {
  const properties = Object.entries((object["properties"] ?? {}) as Readonly<Record<string, Schema>>);
  return properties
    .filter(([name]) => prefix !== "" || !leftOut.includes(name))
    .flatMap(([name, property]) => {
      const field = prefix + name.replaceAll("-", "_");
      const target = targetOf(property);
      const label = labelOf(property, target) ?? name;
      if (target === undefined) return [line(field, typeOf(property), label)];
      return above.includes(target) ? [] : [line(field, "group", label), ...fieldLines(target, `${field}.`, [...above, target])];
    });
}

function line(field: string, type: string, label: string): string {
  return `  { "${field}", "${type}", ${JSON.stringify(label)} },`;
}

/** The definition that a property refers to, also where it may be null or is in a list. */
function targetOf(property: Schema): Schema | undefined {
  const choices = [property, ...((property["anyOf"] ?? []) as readonly Schema[]), (property["items"] ?? {}) as Schema];
  const reference = choices.map((choice) => choice["$ref"]).find((ref) => typeof ref === "string");
  return reference === undefined ? undefined : definitions[reference.replace("#/$defs/", "")];
}

/** The first sentence of the description, or all that comes before the first full stop. */
function labelOf(property: Schema, target: Schema | undefined): string | undefined {
  const description = property["description"] ?? target?.["description"];
  return typeof description === "string" ? description.split(/\.(?: |$)/)[0] : undefined;
}

/** The type of a value; of the items for a list. */
function typeOf(property: Schema): string {
  const type = Array.isArray(property["type"]) ? property["type"][0] : property["type"];
  if (type === "array") return typeOf((property["items"] ?? {}) as Schema);
  if (type === "boolean") return "bool";
  return type === "integer" ? String(property["format"]) : "string";
}

test("the dissector has a field for each value of the built-in sections", () => {
  const source = readFileSync(path, "utf8");
  const lines = `${fieldLines(schema, "", []).join("\n")}\n`;
  if (process.env["RETIS_GOLDEN"] === "refresh")
    writeFileSync(
      path,
      source.replace(table, () => lines),
    );
  else expect(table.exec(source)?.[0]).toBe(lines);
});
