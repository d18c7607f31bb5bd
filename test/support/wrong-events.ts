/** Events and headers with values of wrong types, made from the declarations of all sections: seeded, or one by one. */
import type { TSchema } from "@sinclair/typebox";
import { builtInCollectors } from "../../collectors/index.ts";
import type { Section } from "../../core/api/section.ts";
import { encodeItem } from "../../core/cbor/encode-item.ts";
import { coreSections } from "../../core/event/core-sections.ts";
import { headerItem, selfDescribedTag } from "../../core/file/header.ts";
import { jsonText } from "../../core/file/json.ts";
import { sampleHeader } from "../cases/files/sample-events.ts";
import type { Random } from "./random.ts";

type Values = Record<string, unknown>;

/** All sections that event files have. */
export const allSections: readonly Section[] = [...coreSections, ...builtInCollectors.flatMap(({ sections }) => sections)];

/** Task name by which the events without wrong values are recognised. */
export const rightTask = "right";

/** Values of every type, at the edges of what decoders and formatters hold. */
const oddValues: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e300, -1e300, Number.NaN, 2 ** 53, 2n ** 64n - 1n, -(2n ** 63n), "", "0", "x".repeat(300)],
  ...["\u001b[8m\u007f\u009b\u202e\n", "__proto__", [], [[]], [null], [1, "a", {}], {}, { constructor: 1 }, { ["__proto__"]: [] }],
  ...[{ timestamp: "1" }, new Uint8Array(0), new Uint8Array(300), nested(70), nested(200)],
];

/** Keys that no section has. */
const oddKeys = ["", "__proto__", "constructor", "toString", "0", "\u001b[2J", "x".repeat(100), "common"];

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
      return schema["format"] === "uint64" ? random.pick([0, 2 ** 40, 2n ** 63n, 2n ** 64n - 1n]) : random.below(256);
    case "string":
      return random.pick(["eth0", "tcp_v4_rcv", "skb:kfree_skb"]);
    case "boolean":
      return random.once(2);
    case "array":
      return Array.from({ length: random.below(3) }, () => declaredValue(schema["items"] as TSchema, random));
    case "object":
      return declaredObject(schema, random);
    default:
      return 0;
  }
}

function declaredObject(schema: TSchema, random: Random): Values {
  const required: readonly string[] = schema["required"] ?? [];
  const chosen = Object.entries((schema["properties"] ?? {}) as Record<string, TSchema>).filter(
    ([key]) => required.includes(key) || random.once(2),
  );
  return Object.fromEntries(chosen.map(([key, property]) => [key, declaredValue(property, random)]));
}

/** An event whose values are as declared. */
export function rightEvent(random: Random): Values {
  const chosen = allSections.filter(({ key }) => !["common", "startup", "loss", "clock"].includes(key) && random.once(3));
  const task = { pid: 1, tgid: 1, comm: rightTask };
  return {
    common: { timestamp: random.below(2 ** 31), smp_id: random.below(8), task },
    ...Object.fromEntries(chosen.map(({ key, schema }) => [key, declaredObject(schema, random)])),
  };
}

/** An event with one or two wrong or missing values somewhere; also those about the recording: startup, loss and clock events. */
export function wrongEvent(random: Random): Values {
  const made = rightEvent(random);
  (made["common"] as { task: Values }).task["comm"] = "wrong";
  const wanted = random.pick(["loss", "startup", "clock"]);
  const extra = allSections.find(({ key }) => key === wanted);
  if (random.once(10) && extra !== undefined) made[extra.key] = declaredObject(extra.schema, random);
  for (let count = 1 + random.below(2); count > 0 && Object.keys(made).length > 0; count--) mutate(made, random);
  return made;
}

/** Puts an odd value, or nothing, in the place of any value within, or one more under an odd key. */
function mutate(container: Values, random: Random): void {
  if (random.once(20) && !Array.isArray(container)) {
    Object.defineProperty(container, random.pick(oddKeys), {
      value: oddValue(random),
      enumerable: true,
      configurable: true,
      writable: true,
    });
    return;
  }
  const key = random.pick(Object.keys(container));
  const value = container[key];
  const isInner = typeof value === "object" && value !== null && !(value instanceof Uint8Array) && Object.keys(value).length > 0;
  if (isInner && !random.once(6)) mutate(value as Values, random);
  else if (random.once(8)) delete container[key];
  else container[key] = oddValue(random);
}

/** A copy, as it may be mutated in turn. */
function oddValue(random: Random): unknown {
  return structuredClone(random.pick(oddValues));
}

/** For each value that a section declares, events with each odd value in its place. */
export function* everyWrongEvent(random: Random): Generator<Values> {
  for (const { key, schema } of allSections) {
    for (const path of [[key], ...pathsOf(schema, [key])]) {
      for (const value of oddValues) yield withValue({ ...rightEvent(random), common: { timestamp: 1 } }, path, value);
    }
  }
}

/** Paths of all values that a schema describes; of an array its first item. */
function pathsOf(schema: TSchema, path: readonly string[]): readonly (readonly string[])[] {
  const properties = Object.entries((schema["properties"] ?? {}) as Record<string, TSchema>);
  const inner: readonly (readonly [string, TSchema])[] = schema["items"] === undefined ? properties : [["0", schema["items"] as TSchema]];
  return inner.flatMap(([key, member]) => [[...path, key], ...pathsOf(member, [...path, key])]);
}

/** The event with another value at the path, whose parents are made where they are missing. */
function withValue(event: Values, path: readonly string[], value: unknown): Values {
  let at: Values = event;
  for (const [index, key] of path.slice(0, -1).entries()) {
    const fits = typeof at[key] === "object" && at[key] !== null && Array.isArray(at[key]) === (path[index + 1] === "0");
    if (!fits) at[key] = path[index + 1] === "0" ? [] : {};
    at = at[key] as Values;
  }
  at[path.at(-1) as string] = value;
  return event;
}

/** A header with odd values in the place of facts. Those that say what the file is are right. */
export function wrongHeader(random: Random): Values {
  const made = structuredClone(headerItem(sampleHeader({ host: "here", schema: { properties: {}, $defs: {} } }), {})) as Values;
  const shallow = oddValues.filter((value) => depthOf(value) < 10);
  if (random.once(2)) made[random.pick(["host", "schema"])] = random.pick(shallow);
  if (random.once(2)) (made["startup"] as Values)["split_file"] = random.pick(shallow);
  return made;
}

/** Arrays and objects within each other. */
export function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** An item as it is in a file. */
export function itemBytes(form: "cbor" | "json", item: unknown): Uint8Array {
  return form === "json" ? Buffer.from(`${jsonText(item)}\n`) : encodeItem(item).slice();
}

/** The header as it is in a file. */
export function headerBytes(form: "cbor" | "json", header: unknown): Uint8Array {
  return form === "json" ? itemBytes(form, header) : Buffer.concat([selfDescribedTag, itemBytes(form, header)]);
}
