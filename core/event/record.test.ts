import { expect, test } from "bun:test";
import { Decoder } from "cbor-x/decode";
import { Type } from "@sinclair/typebox";
import { defineSection } from "../api/section.ts";
import { Bytes, CString, U32 } from "../api/wire.ts";
import { RecordCodec } from "./record.ts";
import { compileSection, noRoom, type SectionCodec } from "./section-codec.ts";
import { array, chars, struct, u32, u8 } from "./testdata/layout-builder.ts";
import { canonical } from "./testdata/canonical.ts";
import { Random } from "./testdata/random.ts";
import { buildRecord, builtHeader, type BuiltSection } from "./testdata/record-builder.ts";
import { WireBuffer } from "./wire-buffer.ts";

const description = "Test";
const decoder = new Decoder({ mapsAsObjects: true, useRecords: false });

const number = (key: string) => {
  const section = defineSection({ key, summary: description, wire: "n", schema: Type.Object({ n: U32({ description }) }) });
  return compileSection({ section, layout: struct("n", { n: u32 }), collector: "test" });
};

const packetSchema = Type.Object({ name: CString({ description }), data: Bytes({ description, length: "len" }) });
const packet = compileSection({
  section: defineSection({ key: "packet", summary: description, wire: "p", schema: packetSchema }),
  layout: struct("p", { name: chars(8), len: u32, data: array(u8, 0) }),
  collector: "test",
});

const throwing = compileSection({
  section: defineSection({
    key: "throwing",
    summary: description,
    wire: "t",
    schema: Type.Object({}),
    decode: () => {
      throw new Error("faulty");
    },
  }),
  layout: undefined,
  collector: "test",
});

const codecs = new Map<number, SectionCodec>([
  [1, number("first")],
  [2, number("second")],
  [7, packet],
  [9, throwing],
]);

const four = (n: number) => Uint8Array.of(n, 0, 0, 0);

/** The event of a record through both functions, which must agree, and what was counted by one of them. */
function read(record: Uint8Array) {
  const memory = new ArrayBuffer(4096);
  const buffer = new WireBuffer(memory);
  buffer.u8.fill(0xff);
  buffer.u8.set(record, 64);
  const reader = new RecordCodec(codecs, builtHeader);
  const writer = new RecordCodec(codecs, builtHeader);
  const event = reader.decode(buffer, 64, record.length);
  const out = new Uint8Array(4096);
  const end = writer.write(buffer, 64, record.length, out, 100);
  const written = end === 100 ? undefined : decoder.decode(out.slice(100, end));
  expect(canonical(written)).toBe(canonical(event));
  expect(writer.stats).toEqual(reader.stats);
  const { badSections, ...counts } = reader.stats;
  const counted = Object.entries({ ...Object.fromEntries(badSections), ...counts }).filter(([, count]) => count > 0);
  return { event, counted: Object.fromEntries(counted) };
}

const readSections = (...sections: readonly BuiltSection[]) => read(buildRecord(sections));

test("sections come in the order of the record", () => {
  const { event, counted } = readSections({ owner: 2, payload: four(5) }, { owner: 1, payload: four(6) });
  expect(Object.entries(event!)).toEqual([
    ["second", { n: 5 }],
    ["first", { n: 6 }],
  ]);
  expect(counted).toEqual({});
});

test("a bad section loses itself only", () => {
  const result = readSections({ owner: 1, payload: Uint8Array.of(1) }, { owner: 9, payload: four(1) }, { owner: 2, payload: four(3) });
  expect(result).toEqual({ event: { second: { n: 3 } }, counted: { first: 1, throwing: 1 } });
});

test("an unknown owner is skipped", () => {
  const result = readSections({ owner: 100, payload: new Uint8Array(9) }, { owner: 2, payload: four(3) });
  expect(result).toEqual({ event: { second: { n: 3 } }, counted: { unknownOwners: 1 } });
});

test("the first of two sections of one owner counts; a bad one does not", () => {
  expect(readSections({ owner: 1, payload: four(3) }, { owner: 1, payload: four(4) })).toEqual({
    event: { first: { n: 3 } },
    counted: { repeatedSections: 1 },
  });
  expect(readSections({ owner: 1, payload: Uint8Array.of(3) }, { owner: 1, payload: four(4) })).toEqual({
    event: { first: { n: 4 } },
    counted: { first: 1 },
  });
});

test("a record without a readable section is not an event", () => {
  expect(readSections({ owner: 1, payload: new Uint8Array(0) })).toEqual({ event: undefined, counted: { first: 1, emptyRecords: 1 } });
  expect(read(new Uint8Array(0))).toEqual({ event: undefined, counted: { emptyRecords: 1 } });
});

test("a record that was cut keeps what is whole", () => {
  const record = buildRecord([
    { owner: 1, payload: four(3) },
    { owner: 2, payload: four(4) },
  ]);
  for (let length = 0; length <= record.length; length++) {
    const { event, counted } = read(record.slice(0, length));
    const whole = [12, 28].filter((end) => length >= end).length;
    expect([length, Object.keys(event ?? {}).length]).toEqual([length, whole]);
    const cut = ![0, 12, 13, 14, 15, 16, 28, 29, 30, 31, 32].includes(length);
    expect([length, counted["truncatedRecords"] ?? 0]).toEqual([length, cut ? 1 : 0]);
  }
});

test("the map of more than 23 sections", () => {
  const many = new RecordCodec(new Map(Array.from({ length: 30 }, (_, i) => [i, number(`s${i}`)])), builtHeader);
  const record = buildRecord(Array.from({ length: 30 }, (_, owner) => ({ owner, payload: four(owner) })));
  const buffer = new WireBuffer(record.buffer as ArrayBuffer);
  const out = new Uint8Array(1000);
  const end = many.write(buffer, 0, record.length, out, 0);
  expect(decoder.decode(out.slice(0, end))).toEqual(many.decode(buffer, 0, record.length));
});

test("no room: nothing of the event is claimed", () => {
  const record = buildRecord([
    { owner: 1, payload: four(3) },
    { owner: 2, payload: four(4) },
  ]);
  const buffer = new WireBuffer(record.buffer as ArrayBuffer);
  const codec = new RecordCodec(codecs, builtHeader);
  for (const room of [0, 1, 10, 20]) expect(codec.write(buffer, 0, record.length, new Uint8Array(room), 0)).toBe(noRoom);
});

test("random bytes and damaged records never throw, and both functions agree", () => {
  const random = new Random(4);
  const buffer = new WireBuffer(new ArrayBuffer(4096));
  const reader = new RecordCodec(codecs, builtHeader);
  const writer = new RecordCodec(codecs, builtHeader);
  const out = new Uint8Array(1 << 20);
  for (let i = 0; i < 60_000; i++) {
    const sections = Array.from({ length: random.below(6) }, () => ({
      owner: random.pick([1, 2, 7, 9, 3]),
      payload: random.bytes(random.below(64)),
    }));
    const record = random.chance(0.3) ? random.bytes(random.below(256)) : buildRecord(sections);
    for (let flips = random.below(4); flips > 0 && record.length > 0; flips--) record[random.below(record.length)] = random.below(256);
    const at = 8 * random.below(512);
    buffer.u8.set(record.slice(0, 4096 - at), at);
    const length = random.chance(0.1) ? random.below(10_000) : record.length;
    const event = reader.decode(buffer, at, length);
    const end = writer.write(buffer, at, length, out, 0);
    const written = end === 0 ? undefined : decoder.decode(out.slice(0, end));
    if (canonical(written) !== canonical(event)) expect(written).toEqual(event);
  }
  expect(writer.stats).toEqual(reader.stats);
  expect(reader.stats.truncatedRecords).toBeGreaterThan(1000);
}, 60_000);
