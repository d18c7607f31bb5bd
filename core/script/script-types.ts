/** The types of "retis/script" for editors: events as their JSON Schema describes them. */
import declarations from "./retis-script.d.ts.template" with { type: "text" };

type JsonSchema = Readonly<Record<string, unknown>>;

/** Stands in the template where the types of events go. */
const mark = "  /* EVENTS */\n";

/** In every event of a file, although the schema does not require any section. */
const alwaysThere = ["common"];

/** A declaration file with one interface for each object of the schema of events (see `eventSchema`). */
export function scriptTypes(schema: JsonSchema): string {
  const definitions = Object.entries(schema["$defs"] as Readonly<Record<string, JsonSchema>>);
  const event = { ...schema, description: "One event: a property for each section that is present.", required: alwaysThere };
  const sections = definitions.map(([name, definition]) => interfaceText(name, definition));
  const text = [interfaceText("Event", event, ["readonly [section: string]: unknown;"]), ...sections].join("");
  return declarations.replace(mark, () => text);
}

function interfaceText(name: string, schema: JsonSchema, extra: readonly string[] = []): string {
  const required = (schema["required"] ?? []) as readonly string[];
  const properties = Object.entries((schema["properties"] ?? {}) as Readonly<Record<string, JsonSchema>>);
  const members = properties.map(([property, value]) => {
    const key = /^[a-z_]\w*$/i.test(property) ? property : JSON.stringify(property);
    return `${comment(value, "    ")}    readonly ${key}${required.includes(property) ? "" : "?"}: ${typeText(value)};\n`;
  });
  const others = extra.map((member) => `    ${member}\n`);
  return `${comment(schema, "  ")}  export interface ${name} {\n${members.join("")}${others.join("")}  }\n`;
}

function comment({ description }: JsonSchema, indent: string): string {
  if (typeof description !== "string") return "";
  return `${indent}/** ${description.replaceAll("*/", "*\\/").replace(/\s+/g, " ")} */\n`;
}

/** The type of a value that is present; null counts as absent. */
function typeText(schema: JsonSchema): string {
  if (typeof schema["$ref"] === "string") return schema["$ref"].replace("#/$defs/", "");
  if (Array.isArray(schema["enum"])) return schema["enum"].map((value) => JSON.stringify(value)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema["const"]);
  const choice = ((schema["anyOf"] ?? []) as readonly JsonSchema[]).find((part) => part["type"] !== "null");
  if (choice !== undefined) return typeText(choice);
  const { type, format, contentEncoding, items } = schema;
  switch (Array.isArray(type) ? type[0] : type) {
    case "integer":
      return format === "uint64" || format === "int64" ? "U64" : "number";
    case "number":
      return "number";
    case "string":
      return contentEncoding === "base64" ? "Uint8Array" : "string";
    case "boolean":
      return "boolean";
    case "array":
      return `readonly ${listItem(items as JsonSchema | undefined)}[]`;
    default:
      return "unknown";
  }
}

function listItem(items: JsonSchema | undefined): string {
  const text = items === undefined ? "unknown" : typeText(items);
  return /\W/.test(text) ? `(${text})` : text;
}
