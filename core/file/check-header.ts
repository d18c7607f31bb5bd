import { notAnEventFile, unsupportedFileVersion } from "../base/errors.ts";
import { latestLevel, levelOf, upgradeEvent, type Level } from "./compat.ts";
import { isRecord } from "./normalize-event.ts";
import { formatKey, formatVersion } from "./header.ts";

/**
 * Checks the first item of a file, brings it to the latest layout in place and returns the level of the file's events.
 *
 * @throws TraceError `FILE_FORMAT`, `FILE_VERSION`
 */
export function checkHeader(path: string, form: "cbor" | "json", item: unknown): Level {
  const startup = isRecord(item) ? item["startup"] : undefined;
  if (!isRecord(item) || !isRecord(startup)) {
    throw notAnEventFile(path, `it is ${form === "cbor" ? "CBOR" : "JSON"}, but does not begin with a startup event`);
  }
  const level = form === "cbor" ? cborLevel(path, item) : jsonLevel(path, startup);
  upgradeEvent(item, level);
  const missing = missingProperty(item);
  if (missing !== undefined) throw notAnEventFile(path, `its startup event is damaged: ${missing} is missing`);
  return level;
}

function cborLevel(path: string, item: Record<string, unknown>): Level {
  const version = item[formatKey];
  if (typeof version !== "number") throw notAnEventFile(path, `it is CBOR, but its first item has no "${formatKey}"`);
  if (version > formatVersion) throw unsupportedFileVersion(path, `file format ${version}`);
  return latestLevel;
}

function jsonLevel(path: string, startup: Record<string, unknown>): Level {
  const version = startup["retis_version"];
  if (typeof version !== "string") throw notAnEventFile(path, "its startup event has no version");
  const level = levelOf(version);
  if (level === undefined) throw unsupportedFileVersion(path, version);
  return level;
}

/** Facts about a file that are useful and that reading it does not need, and how to see that they are right. */
const facts: readonly (readonly [path: readonly string[], isRight: (value: unknown) => boolean])[] = [
  [["host"], (value) => typeof value === "string"],
  [["schema"], isRecord],
  [["schema", "properties"], isRecord],
  [["schema", "$defs"], isRecord],
  [["series"], (value) => typeof value === "boolean"],
  [["startup", "split_file"], isSplit],
  [["clock"], isRecord],
  [["clock", "changes"], Array.isArray],
];

/** Removes facts of the wrong types from a header, in place; returns their paths. */
export function dropWrongFacts(header: Record<string, unknown>): readonly string[] {
  return facts.flatMap(([path, isRight]) => {
    const key = path.at(-1) as string;
    const parent = path.length === 1 ? header : header[path[0] as string];
    if (!isRecord(parent) || parent[key] === undefined || isRight(parent[key])) return [];
    delete parent[key];
    return [path.join("/")];
  });
}

function isSplit(value: unknown): boolean {
  if (!isRecord(value) || !isRecord(value["policy"]) || !Number.isSafeInteger(value["id"])) return false;
  const { kind, limit } = value["policy"];
  return typeof kind === "string" && (Number.isSafeInteger(limit) || typeof limit === "bigint");
}

/** Properties that every reader of an event file relies on, and what is taken for them where they have another type. */
const mandatory: readonly (readonly [path: string, value: number | string])[] = [
  ["common/timestamp", 0],
  ["startup/retis_version", "v1.7.0"],
  ["startup/cmdline", "unknown"],
  ["startup/clock_monotonic_offset/sec", 0],
  ["startup/clock_monotonic_offset/nsec", 0],
  ["startup/machine/kernel_release", "unknown"],
  ["startup/machine/kernel_version", "unknown"],
  ["startup/machine/hardware_name", "unknown"],
];

function missingProperty(item: Record<string, unknown>): string | undefined {
  return mandatory.find(([path]) => isMissing(item, path.split("/")))?.[0];
}

/**
 * Replaces properties of the wrong types that every reader relies on, in place; returns their paths. An event file without them
 * is none, but one that has something else there can be read.
 */
export function replaceWrongProperties(item: Record<string, unknown>): readonly string[] {
  const wrong: string[] = [];
  for (const [path, value] of mandatory) {
    const steps = path.split("/");
    const found = steps.reduce<unknown>((at, step) => (isRecord(at) ? at[step] : undefined), item);
    if (typeof value === "string" ? typeof found === "string" : Number.isInteger(found) || typeof found === "bigint") continue;
    wrong.push(path);
    putAt(item, steps, value);
  }
  return wrong;
}

/** Whether the value is not there, although its parents are objects. */
function isMissing(item: Record<string, unknown>, steps: readonly string[]): boolean {
  return steps.reduce<unknown>((at, step) => (isRecord(at) ? at[step] : at), item) === undefined;
}

function putAt(item: Record<string, unknown>, steps: readonly string[], value: unknown): void {
  let at = item;
  for (const step of steps.slice(0, -1)) {
    if (!isRecord(at[step])) at[step] = {};
    at = at[step] as Record<string, unknown>;
  }
  at[steps.at(-1) as string] = value;
}
