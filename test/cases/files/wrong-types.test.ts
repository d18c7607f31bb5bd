/**
 * Events with values of wrong types, made from the declarations of all sections: each reader must lose no more than the section or
 * event, count it, and stay within bounded memory. `RETIS_TEST=full` tries a million of them.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TSchema } from "@sinclair/typebox";
import { builtInCollectors } from "../../../collectors/index.ts";
import type { Event } from "../../../core/api/event.ts";
import { encodeItem } from "../../../core/cbor/encode-item.ts";
import { coreSections } from "../../../core/event/core-sections.ts";
import { openInput } from "../../../core/command/open-input.ts";
import { headerItem } from "../../../core/file/header.ts";
import { jsonText } from "../../../core/file/json.ts";
import type { EventReader } from "../../../core/file/reader.ts";
import { EventClock } from "../../../core/output/event-clock.ts";
import { EventLayout } from "../../../core/output/layout.ts";
import { fileStatistics } from "../../../core/stats/file-statistics.ts";
import { Random } from "../../support/random.ts";
import { sampleHeader } from "./sample-events.ts";

setDefaultTimeout(1_800_000);

const sections = [...coreSections, ...builtInCollectors.flatMap(({ sections }) => sections)];
const [files, eventsOfFile] = process.env["RETIS_TEST"] === "full" ? [125, 2000] : [3, 2000];
const memoryLimit = 512 * 1024 * 1024;

/** Values of every type, at the edges of what decoders and formatters hold. */
const oddValues: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e300, -1e300, 2 ** 53, 2n ** 64n - 1n, -(2n ** 63n), "", "0", "x".repeat(300)],
  ...["\u001b[8m\u007f\u009b\u202e\n", "__proto__", [], [[]], [null], [1, "a", {}], {}, { constructor: 1 }, { timestamp: "1" }],
  ...[new Uint8Array(0), new Uint8Array(300), nested(70), nested(200)],
];

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

/** A value as the schema declares it. */
function declaredValue(schema: TSchema, random: Random): unknown {
  if (schema["contentEncoding"] === "base64") return new Uint8Array(random.bytes(random.below(64)));
  if (schema["const"] !== undefined) return schema["const"];
  if (Array.isArray(schema["anyOf"])) return declaredValue(random.pick(schema["anyOf"] as TSchema[]), random);
  switch (schema["type"]) {
    case "integer":
      return random.below(256);
    case "string":
      return random.pick(["eth0", "tcp_v4_rcv", "skb:kfree_skb"]);
    case "boolean":
      return random.once(2);
    case "array":
      return Array.from({ length: random.below(3) }, () => declaredValue(schema["items"] as TSchema, random));
    case "object":
      return objectOf(schema, random);
    default:
      return 0;
  }
}

function objectOf(schema: TSchema, random: Random): Record<string, unknown> {
  const required: readonly string[] = schema["required"] ?? [];
  const chosen = Object.entries((schema["properties"] ?? {}) as Record<string, TSchema>).filter(
    ([key]) => required.includes(key) || random.once(2),
  );
  return Object.fromEntries(chosen.map(([key, property]) => [key, declaredValue(property, random)]));
}

/** Puts an odd value, or nothing, in the place of any value within. */
function mutate(container: Record<string, unknown>, random: Random): void {
  const key = random.pick(Object.keys(container));
  const value = container[key];
  const isInner = typeof value === "object" && value !== null && !(value instanceof Uint8Array) && Object.keys(value).length > 0;
  if (isInner && !random.once(6)) mutate(value as Record<string, unknown>, random);
  else if (random.once(8)) delete container[key];
  else container[key] = structuredClone(random.pick(oddValues)); // A copy, as it may be mutated in turn.
}

function event(random: Random, wrong: boolean): Record<string, unknown> {
  const chosen = sections.filter(({ key }) => key === "common" || (key !== "startup" && random.once(3)));
  const made = Object.fromEntries(chosen.map(({ key, schema }) => [key, objectOf(schema, random)]));
  if (wrong) for (let count = 1 + random.below(2); count > 0 && Object.keys(made).length > 0; count--) mutate(made, random);
  return made;
}

/** Facts that a header need not have; those that it must have are tried apart. */
function header(random: Random): Record<string, unknown> {
  const made = structuredClone(headerItem(sampleHeader({ host: "here", schema: { properties: {}, $defs: {} } }), {})) as Record<
    string,
    unknown
  >;
  if (random.once(2)) made[random.pick(["host", "schema"])] = random.pick(oddValues.filter(isShallow));
  if (random.once(2)) (made["startup"] as Record<string, unknown>)["split_file"] = random.pick(oddValues.filter(isShallow));
  return made;
}

/** CBOR deeper than the limit makes all that follows unreadable, which a test of its own looks at. */
function isShallow(value: unknown): boolean {
  return (
    value !== null && jsonText(value).length < 500 && !jsonText(value).includes("[{".repeat(20)) && !jsonText(value).includes('{"a":[{')
  );
}

type Form = "cbor" | "json";

function fileBytes(form: Form, items: readonly unknown[]): Uint8Array {
  if (form === "json") return Buffer.from(items.map((item) => `${jsonText(item)}\n`).join(""));
  const tag = Uint8Array.of(0xd9, 0xd9, 0xf7);
  return Buffer.concat([tag, ...items.map((item) => encodeItem(item).slice())]);
}

const layouts = (["single-line", "multi-line"] as const).map(
  (format) =>
    new EventLayout(sections, {
      format,
      linkLayer: true,
      paint: { alarm: (text) => `\u001b[31m${text}\u001b[39m`, symbol: (text) => text, dim: (text) => text },
      clock: new EventClock({ utc: format === "multi-line" }),
      unicode: true,
    }),
);

/** What a terminal must not get: any escape but the two colours above, other control characters, and those of direction. */
const unsafe = /\u001b(?!\[3[19]m)|[\u0000-\u0009\u000b-\u001a\u001c-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

function printAll(reader: EventReader): number {
  let count = 0;
  for (const event of reader.events()) {
    count++;
    for (const layout of layouts) {
      const text = layout.eventText(event as Event);
      if (unsafe.test(text)) throw new Error(`unsafe text ${JSON.stringify(text)}`);
    }
    jsonText(event);
  }
  return count;
}

function tryFile(path: string, right: number, total: number): void {
  const reader = openInput(path, sections);
  const printed = printAll(reader);
  expect(printed).toBeGreaterThanOrEqual(right);
  expect(printed).toBeLessThanOrEqual(total + 1);
  expect(reader.readErrorCount).toBeGreaterThan(0);
  const counted = openInput(path, coreSections);
  fileStatistics(counted, { top: 10 } as never);
  counted.close();
}

for (const form of ["cbor", "json"] as const) {
  for (const compressed of [false, true]) {
    test(`values of wrong types lose their section or event: ${form}${compressed ? " with zstd" : ""}`, () => {
      const directory = mkdtempSync(join(tmpdir(), "retis-wrong-"));
      try {
        for (let seed = 0; seed < files; seed++) {
          const random = new Random(seed * 4 + (compressed ? 1 : 0) + (form === "cbor" ? 2 : 0));
          const marks = Array.from({ length: eventsOfFile }, () => !random.once(10));
          const events = marks.map((wrong) => event(random, wrong)).filter((made) => form === "json" || !isTooDeep(made));
          const bytes = fileBytes(form, [header(random), ...events]);
          const path = join(directory, "file");
          writeFileSync(path, compressed ? Bun.zstdCompressSync(bytes, { level: 1 }) : bytes);
          tryFile(path, marks.filter((wrong) => !wrong).length, events.length);
        }
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
      expect(process.memoryUsage.rss()).toBeLessThan(memoryLimit);
    });
  }
}

function isTooDeep(value: unknown, depth = 0): boolean {
  if (depth > 64) return true;
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false;
  return Object.values(value).some((member) => isTooDeep(member, depth + 1));
}
