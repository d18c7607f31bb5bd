import { expect, test } from "bun:test";
import { Type, type TObject } from "@sinclair/typebox";
import { apiVersion, defineCollector, type Collector } from "./collector.ts";
import { optionFlags } from "./option-flag.ts";

function withOptions(options: TObject): Collector {
  return defineCollector({ name: "sample", summary: "A sample", apiVersion, sections: [], options, setup: () => ({ hooks: [] }) });
}

test("each property becomes a flag in kebab-case", () => {
  const flags = optionFlags(
    withOptions(
      Type.Object({
        enrichRate: Type.Integer({ default: 20, description: "Per second" }),
        deep_scan: Type.Boolean({ default: false }),
        name: Type.Optional(Type.String()),
        mode: Type.Optional(Type.Union([Type.Literal("fast"), Type.Literal("full")])),
        sections: Type.Array(Type.Union([Type.Literal("a"), Type.Literal("b")]), { default: ["a"] }),
        level: Type.Optional(Type.Enum({ Low: 1, High: 2 })),
      }),
    ),
  );
  const common = { collector: "sample", default: undefined, description: "", list: false, choices: undefined };
  expect(flags).toEqual([
    { ...common, property: "enrichRate", flag: "--sample-enrich-rate", type: "integer", default: 20, description: "Per second" },
    { ...common, property: "deep_scan", flag: "--sample-deep-scan", type: "boolean", default: false },
    { ...common, property: "name", flag: "--sample-name", type: "string" },
    { ...common, property: "mode", flag: "--sample-mode", type: "string", choices: ["fast", "full"] },
    { ...common, property: "sections", flag: "--sample-sections", type: "string", list: true, choices: ["a", "b"], default: ["a"] },
    { ...common, property: "level", flag: "--sample-level", type: "number", choices: [1, 2] },
  ]);
});

test("a collector without options has no flags", () => {
  const collector = withOptions(Type.Object({}));
  expect(optionFlags({ ...collector, options: undefined } as unknown as Collector)).toEqual([]);
});

test("a schema that was written by hand is refused, as it could not be checked", () => {
  const options = { ...Type.Object({}), properties: { raw: { type: "string" } } } as unknown as TObject;
  expect(() => optionFlags(withOptions(options))).toThrow('option "raw" was not made with Type');
});

test.each([
  [Type.Object({ must: Type.String() }), 'option "must" is neither optional nor has a default'],
  [Type.Object({ deep: Type.Optional(Type.Object({})) }), 'option "deep" is not a string'],
  [Type.Object({ mixed: Type.Optional(Type.Union([Type.Literal("a"), Type.Literal(1)])) }), 'option "mixed" is not a string'],
  [Type.Object({ flags: Type.Optional(Type.Array(Type.Boolean())) }), 'option "flags" is not a string'],
])("options that cannot be flags are refused", (options, message) => {
  expect(() => optionFlags(withOptions(options))).toThrow(message);
});
