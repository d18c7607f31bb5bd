import { expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { defineSection } from "../api/section.ts";
import { Bytes, Constant, Group, I32, Integers, OptionalText, U16, U32, U64 } from "../api/wire.ts";
import { eventSchema, type JsonSchema } from "./json-schema.ts";

const sections = [
  defineSection({
    key: "zeta",
    summary: "Last by name. More text.",
    schema: Type.Object({
      len: U32({ description: "Length" }),
      data: Bytes({ description: "Bytes", length: "len" }),
      state: Type.Union([Type.Literal("new"), Type.Literal("old")]),
      extra: Type.Unknown({ description: "Whatever" }),
      synthetic: Constant(true, { description: "Made up", when: { member: "flags", mask: 1 } }),
    }),
  }),
  defineSection({
    key: "skb",
    summary: "Socket buffer",
    schema: Type.Object({
      drop: Group({ reason: OptionalText({ description: "Why", lookup: "reason" }) }, { description: "A nested drop" }),
      vlan_accel: Group({ vid: U16({ description: "Id" }) }, { description: "Tag", when: { member: "present", mask: 1 } }),
      cookie: U64({ description: "Cookie", omitZero: true }),
      list: Type.Array(Type.Object({ count: Type.Integer() })),
    }),
  }),
  defineSection({ key: "skb-drop", summary: "Drop", schema: Type.Object({ drop_reason: Type.String() }) }),
];

const schema = JSON.parse(JSON.stringify(eventSchema(sections)));

test("the top level is what the Wireshark plugin needs", () => {
  expect(Object.keys(schema)).toEqual(["$schema", "title", "description", "type", "properties", "$defs"]);
  expect(schema.title).toBe("Retis Metadata");
  expect(Object.keys(schema.properties)).toEqual(["skb", "skb-drop", "zeta"]);
  expect(schema.properties.skb).toEqual({
    description: "Socket buffer",
    anyOf: [{ $ref: "#/$defs/SkbEvent" }, { type: "null" }],
  });
});

test("a nested object whose name is that of a section gets another one", () => {
  expect(Object.keys(schema.$defs)).toEqual([
    "SkbDropEvent",
    "SkbDropEvent2",
    "SkbEvent",
    "SkbListItemEvent",
    "SkbVlanAccelEvent",
    "ZetaEvent",
  ]);
  expect(schema.$defs.SkbEvent.properties.drop).toEqual({ description: "A nested drop", $ref: "#/$defs/SkbDropEvent2" });
  expect(schema.$defs.SkbDropEvent2.properties.reason).toEqual({ description: "Why", type: ["string", "null"] });
});

test("integers keep format and range, optional scalars are type lists, unions of literals are enumerations", () => {
  expect(schema.$defs.ZetaEvent.properties).toEqual({
    data: { description: "Bytes", type: "string", contentEncoding: "base64" },
    extra: {
      description: "Whatever",
      oneOf: [{ type: "object", properties: {} }, { type: ["string", "number", "boolean", "array", "null"] }],
    },
    len: { description: "Length", type: "integer", format: "uint32", minimum: 0 },
    state: { type: "string", enum: ["new", "old"] },
    synthetic: { description: "Made up", type: ["boolean", "null"], const: true },
  });
  expect(schema.$defs.SkbEvent.properties.cookie.type).toEqual(["integer", "null"]);
  expect(schema.$defs.SkbEvent.required).toEqual(["drop", "list"]);
  expect(schema.$defs.SkbEvent.properties.list).toEqual({ type: "array", items: { $ref: "#/$defs/SkbListItemEvent" } });
});

test("every definition is one that the Wireshark plugin can handle", () => {
  for (const definition of Object.values(schema.$defs as Record<string, JsonSchema>)) assertReadable(definition, schema.$defs);
});

function assertReadable(definition: JsonSchema, definitions: Record<string, JsonSchema>): void {
  for (const property of Object.values((definition["properties"] ?? {}) as Record<string, JsonSchema>)) {
    const [first] = (property["anyOf"] ?? [property]) as JsonSchema[];
    const target = typeof first!["$ref"] === "string" ? definitions[first!["$ref"].replace("#/$defs/", "")] : first;
    expect(target?.["type"] ?? target?.["oneOf"]).toBeDefined();
  }
}

test("sections of one key are one definition, in which all of them fit", () => {
  const wire = (properties: Parameters<typeof Type.Object>[0]) =>
    defineSection({ key: "fields", summary: "F", schema: Type.Object(properties) });
  const when = { member: "present", mask: 1 };
  const merged = eventSchema([
    wire({ len: U32({ description: "skb.len", when }), same: U32({ description: "s", when }), number: U16({ description: "a", when }) }),
    wire({
      len: OptionalText({ description: "hex(skb.len)", lookup: "l" }),
      same: U32({ description: "s", when }),
      own: U64({ description: "o" }),
    }),
    wire({
      number: I32({ description: "b" }),
      list: Integers({ description: "l", format: "uint8", when }),
      own: U64({ description: "o" }),
    }),
    wire({ list: Integers({ description: "l", format: "uint16", when }) }),
  ]);
  const definitions = JSON.parse(JSON.stringify(merged["$defs"]));
  expect(definitions.FieldsEvent).toEqual({
    description: "F",
    type: "object",
    properties: {
      len: {
        description: "skb.len; hex(skb.len)",
        oneOf: [{ type: "object", properties: {} }, { type: ["string", "number", "boolean", "array", "null"] }],
      },
      list: expect.objectContaining({ description: "l", type: ["array", "null"] }),
      number: { description: "a; b", type: ["integer", "null"] },
      own: { description: "o", type: ["integer", "null"], format: "uint64", minimum: 0 },
      same: { description: "s", type: ["integer", "null"], format: "uint32", minimum: 0 },
    },
  });
  assertReadable(definitions.FieldsEvent, definitions);
});
