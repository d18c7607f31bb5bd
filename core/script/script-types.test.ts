import { expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { defineSection } from "../api/section.ts";
import { Bytes, Constant, Group, I32, Integers, OptionalText, U64 } from "../api/wire.ts";
import { eventSchema } from "../event/json-schema.ts";
import { scriptTypes } from "./script-types.ts";

const sample = defineSection({
  key: "third-party",
  summary: "What a third party reports */ in a comment.",
  schema: Type.Object({
    exact: U64({ description: "Beyond 2^53" }),
    small: I32({ description: "Small" }),
    bytes: Bytes({ description: "Bytes", length: "len" }),
    word: OptionalText({ description: "Word", lookup: "word" }),
    kind: Constant("a", { description: "Kind" }),
    choice: Type.Union([Type.Literal("x"), Type.Literal("y")]),
    list: Integers({ description: "List", format: "uint64" }),
    rows: Type.Array(Type.Object({ "odd-name": Type.Boolean() })),
    part: Group({ exact: U64({ description: "Exact" }) }, { description: "Part", when: { member: "flag" } }),
    any: Type.Unknown(),
  }),
});

test("every kind of property has its type", () => {
  const types = scriptTypes(eventSchema([sample]));
  const section = /export interface ThirdPartyEvent \{\n(.*?)^ {2}\}/ms.exec(types)?.[1] ?? "";
  const members = section
    .split("\n")
    .filter((line) => line.includes("readonly"))
    .map((line) => line.trim());
  expect(members).toEqual([
    "readonly any: unknown;",
    "readonly bytes: Uint8Array;",
    'readonly choice: "x" | "y";',
    "readonly exact: U64;",
    'readonly kind: "a";',
    "readonly list: readonly U64[];",
    "readonly part?: ThirdPartyPartEvent;",
    "readonly rows: readonly ThirdPartyRowsItemEvent[];",
    "readonly small: number;",
    "readonly word?: string;",
  ]);
  expect(types).toContain('readonly "odd-name": boolean;');
});

test("events have the sections by their names, and comments cannot be left", () => {
  const types = scriptTypes(eventSchema([sample]));
  expect(types).toContain('readonly "third-party"?: ThirdPartyEvent;');
  expect(types).toContain("/** What a third party reports *\\/ in a comment. */");
  expect(types).toContain("readonly [section: string]: unknown;");
});
