import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import type { Host } from "../api/host.ts";
import { defineSection, type Section, type TextContext, Type, U32 } from "../api/collector.ts";
import { log } from "../base/log.ts";
import { containedCollector } from "./contained-collector.ts";
import { admit, type Owner } from "./foreign-code.ts";

const directory = "/collectors/sample";
const schema = Type.Object({ length: U32({ description: "L" }) });
const owner: Owner = { name: "sample", directory };
let lines: string[] = [];
let write: ReturnType<typeof log.setLineWriter>;

beforeAll(() => {
  admit(owner, { ownsStdout: false });
  write = log.setLineWriter((line) => void lines.push(line));
});
afterAll(() => void log.setLineWriter(write));
beforeEach(() => void (lines = []));

function contained(members: object, section: Partial<Section> = {}) {
  const collector = { name: "sample", summary: "", api: "1.x", setup: () => ({ hooks: [] }), ...members };
  return containedCollector({ ...collector, sections: [defineSection({ key: "sample", summary: "", schema, ...section })] }, directory);
}

function formatted(format: unknown, data = { length: 1 }): unknown {
  const [section] = contained({}, { format: format as NonNullable<Section["format"]> }).sections;
  return section!.format!(data, {} as TextContext, {});
}

test("what is right passes unchanged", () => {
  expect(formatted(({ length }: { length: number }) => [{ at: "head", text: `${length}` }])).toEqual([{ at: "head", text: "1" }]);
  expect(lines).toEqual([]);
});

test.each<[string, unknown, string]>([
  ["undefined", () => undefined, "it returned undefined instead of a list of pieces"],
  ["text", () => "text", "it returned string instead of a list of pieces"],
  ["a piece without a place", () => [{ text: "a" }], "it returned what is not a piece of text"],
  [
    "an error",
    () => {
      throw new Error("no luck");
    },
    "no luck",
  ],
  ["the end of the process", () => process.exit(0), "it calls process.exit"],
  ["a signal to itself", () => process.kill(process.pid), "it calls process.kill"],
  ["another Array.prototype", () => Object.assign(Array.prototype, { flat: () => [] }) && [], "it replaces Array.prototype.flat"],
])("format that gives %s is named once, and throws", (_, format, reason) => {
  expect(() => formatted(format)).toThrow(reason);
  expect(lines).toEqual([expect.stringContaining(`Collector sample (${directory}): format of section sample failed: ${reason}`)]);
  expect([[1]].flat()).toEqual([1]);
});

test("a function that fails again and again is reported once, and not called any more", () => {
  let calls = 0;
  const format = () => {
    calls++;
    throw new Error("no luck");
  };
  const [section] = contained({}, { format }).sections;
  for (let i = 0; i < 1000; i++) expect(() => section!.format!({ length: 1 }, {} as TextContext, {})).toThrow();
  expect(calls).toBe(100);
  expect(lines).toHaveLength(1);
});

test.each<[unknown, string | undefined]>([
  [{ length: 7 }, undefined],
  [undefined, undefined],
  [{ length: 7, more: 1 }, undefined],
  [{}, "schema"],
  [{ length: "7" }, "schema"],
  [{ length: -1 }, "schema"],
  [{ length: 2 ** 32 }, "schema"],
  [[], "schema"],
  [null, "schema"],
  [Promise.resolve({ length: 7 }), "promise"],
])("decode that gives %p: %p", (data, fault) => {
  const [section] = contained({}, { decode: () => data as never }).sections;
  if (fault === undefined) expect(section!.decode!(new Uint8Array(0))).toBe(data as never);
  else expect(() => section!.decode!(new Uint8Array(0))).toThrow(fault);
});

test.each<[unknown, boolean]>([
  ["a", true],
  [["a", "b"], true],
  [undefined, true],
  [7, false],
  [null, false],
  [["a", 7], false],
  [Promise.resolve("a"), false],
])("a lookup that gives %p: %p", (answer, good) => {
  const lookup = Object.assign(() => answer as string, { volatile: true });
  const { lookups } = contained({ setup: () => ({ hooks: [], lookups: { name: lookup } }) }).setup({} as Host, {});
  if (good) expect(lookups!["name"]!(1)).toEqual(answer as string);
  else expect(() => lookups!["name"]!(1)).toThrow("instead of text");
  expect(lookups!["name"]).toHaveProperty("volatile", true);
});

test("setup and check that do what they must not do throw, and what they replaced is put back", () => {
  const patching = () => {
    JSON.parse = () => 1;
    return { hooks: [] };
  };
  expect(() => contained({ setup: patching }).setup({} as Host, {})).toThrow("it replaces JSON.parse");
  expect(JSON.parse("[]")).toEqual([]);
  const handling = () => process.on("SIGTERM", () => {});
  expect(() => contained({ check: handling }).check!({} as Host, {})).toThrow("it handles SIGTERM");
  expect(process.listenerCount("SIGTERM")).toBe(0);
});
