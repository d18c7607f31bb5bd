/**
 * Golden files: `test/NAME.golden` has the events, as JSON and as text, that come of `test/NAME.records` (saved by
 * `collect --save-records`) or of `test/NAME.json` (a list of events: members of the C structs, by section).
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, parse } from "node:path";
import type { Collector } from "../api/collector.ts";
import type { Event } from "../api/event.ts";
import type { MapValue } from "../api/run.ts";
import { reasonOf } from "../base/errors.ts";
import { counted } from "../base/plural.ts";
import { coreSections } from "../event/core-sections.ts";
import { WireBuffer } from "../event/wire-buffer.ts";
import { eventToJson } from "../file/json.ts";
import { writeTyped } from "../kernel/typed-value.ts";
import { EventClock } from "../output/event-clock.ts";
import { EventLayout } from "../output/layout.ts";
import { readRecords } from "../records/read-records.ts";
import { Replay } from "../records/replay.ts";
import type { CheckedSection } from "./plan-check.ts";
import { type Finding, fail, ok, skip } from "./report.ts";

/** Where an author's tests are, within the directory of the collector. */
export const testDirectory = "test";
const check = "golden";
const goldenEnding = ".golden";
/** Bytes of input that are read; golden files are for a few events. */
const maxInputBytes = 16 << 20;
/** Lines before and after the first difference that are shown. */
const shownLines = 4;

export interface GoldenSubject {
  readonly directory: string;
  readonly sections: readonly CheckedSection[];
  /** Collectors whose code decodes records: the author's, and those that may have run beside it. */
  readonly collectors: readonly Collector[];
  /** Write what comes instead of comparing it. */
  readonly update: boolean;
}

export function checkGolden(subject: GoldenSubject): readonly Finding[] {
  const inputs = listNames(join(subject.directory, testDirectory)).filter((name) => /\.(records|json)$/.test(name));
  if (inputs.length === 0) return [skip(check, `no ${testDirectory}/*.records and no ${testDirectory}/*.json`)];
  const names = inputs.map((input) => parse(input).name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) return [fail(check, `${testDirectory}/${twice}${goldenEnding} would belong to two inputs; rename one`)];
  return inputs.map((input) => checkOne(subject, input));
}

function listNames(directory: string): readonly string[] {
  return existsSync(directory) ? readdirSync(directory).sort() : [];
}

function checkOne(subject: GoldenSubject, input: string): Finding {
  const directory = join(subject.directory, testDirectory);
  const name = `${testDirectory}/${parse(input).name}${goldenEnding}`;
  try {
    const events = input.endsWith(".records")
      ? replayed(join(directory, input), subject.collectors)
      : fromValues(join(directory, input), subject);
    const actual = goldenText(events, subject.collectors);
    const path = join(subject.directory, name);
    const expected = existsSync(path) ? readFileSync(path, "utf8") : undefined;
    if (actual === expected) return ok(check, `${name}, ${counted(events.length, "event")}`);
    if (subject.update) {
      writeFileSync(path, actual);
      return ok(check, `${name} written, ${counted(events.length, "event")}`);
    }
    return fail(
      check,
      expected === undefined
        ? `${name} is not there; --update writes it`
        : `${name} differs; --update accepts it\n${difference(expected, actual)}`,
    );
  } catch (error) {
    return fail(check, `${testDirectory}/${input}: ${reasonOf(error)}`);
  }
}

function replayed(path: string, collectors: readonly Collector[]): readonly Event[] {
  const saved = readRecords(path);
  if (saved.damage !== undefined) throw new Error(`it is damaged ${saved.damage}`);
  return [...new Replay(saved, collectors).events()];
}

/** Each event as one line of JSON, and below it its text. */
export function goldenText(events: readonly Event[], collectors: readonly Collector[]): string {
  const sections = [...coreSections, ...collectors.flatMap((collector) => collector.sections)];
  const plain = (text: string) => text;
  const layout = new EventLayout(sections, {
    format: "multi-line",
    linkLayer: false,
    clock: new EventClock({ mode: "boot" }),
    paint: { alarm: plain, symbol: plain, dim: plain, address: plain, device: plain },
    unicode: true,
  });
  return events.map((event) => `${eventToJson(event)}\n${layout.eventText(event).replace(/^\n/, "").trimEnd()}\n\n`).join("");
}

/** Events of members of structs, as hooks would send them: laid out by the object's BTF, then decoded. */
function fromValues(path: string, { sections }: GoldenSubject): readonly Event[] {
  const text = readFileSync(path, "utf8");
  if (text.length > maxInputBytes) throw new Error(`it is larger than ${maxInputBytes} bytes`);
  const list: unknown = JSON.parse(text);
  if (!Array.isArray(list)) throw new TypeError("it is not a list of events");
  return list.map((values, index) => eventOf(values, sections, `event ${index}`));
}

function eventOf(values: unknown, sections: readonly CheckedSection[], where: string): Event {
  if (typeof values !== "object" || values === null || Array.isArray(values)) throw new TypeError(`${where} is not an object of sections`);
  const decoded = Object.entries(values).map(([key, members]) => {
    const found = sections.find(({ section }) => section.key === key);
    if (found === undefined) throw new TypeError(`${where}: the collector has no section ${key}`);
    return [key, decodeMembers(found, members, `${where}: ${key}`)] as const;
  });
  return Object.fromEntries(decoded);
}

/** A section that no hook sends is taken as it is. */
function decodeMembers({ layout, codec }: CheckedSection, members: unknown, where: string): Event[string] {
  if (layout === undefined || codec === undefined) return Object(members);
  const wire = new WireBuffer(new ArrayBuffer(((layout.size + 7) & ~7) + 8));
  const type = { kind: "struct", size: layout.size, signed: false, members: layout.members } as const;
  writeTyped(type, new DataView(wire.u8.buffer), 0, asMapValue(members), where);
  const data = codec.decode(wire, 0, layout.size);
  if (data === undefined) throw new TypeError(`${where} cannot be decoded`);
  return data;
}

/** JSON has neither bytes nor exact 64-bit integers: they are texts, `0x…` as many digits as there are bytes, and `123n`. */
function asMapValue(value: unknown): MapValue {
  if (typeof value === "string" && /^-?\d+n$/.test(value)) return BigInt(value.slice(0, -1));
  if (typeof value === "string" && /^0x([0-9a-f]{2})*$/i.test(value)) return Uint8Array.fromHex(value.slice(2));
  if (Array.isArray(value)) return value.map(asMapValue);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asMapValue(inner)]));
  return value as MapValue;
}

/** The lines around the first that is different. */
function difference(expected: string, actual: string): string {
  const [before, now] = [expected.split("\n"), actual.split("\n")];
  const at = now.findIndex((line, index) => line !== before[index]);
  const first = at < 0 ? now.length : at;
  const part = (lines: readonly string[], sign: string) => lines.slice(first, first + shownLines).map((line) => `${sign} ${line}`);
  return [`line ${first + 1}:`, ...part(before, "-"), ...part(now, "+")].join("\n");
}
