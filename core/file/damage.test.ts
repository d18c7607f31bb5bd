import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { randomEvents, randomFrom, readAll, sampleHeader, temporaryDirectory } from "../../test/cases/files/sample-events.ts";
import { TraceError } from "../base/errors.ts";
import { encodeItem } from "../cbor/encode-item.ts";
import type { ByteSource } from "./byte-source.ts";
import { CborSequenceReader } from "./cbor-sequence-reader.ts";
import { ChunkBuffer } from "./chunk-buffer.ts";
import { JsonLineParser } from "./json-line-parser.ts";
import { JsonLineReader } from "./json-line-reader.ts";
import { openEventFile } from "./reader.ts";
import { EventFileWriter } from "./writer.ts";

setDefaultTimeout(180_000);

const forms = ["cbor", "json"] as const;
const variants = forms.flatMap((form) => [false, true].map((zstd) => ({ form, zstd })));

for (const { form, zstd } of variants) {
  test(`a file cut at any byte gives a prefix: ${form}${zstd ? " with zstd" : ""}`, () => {
    using directory = temporaryDirectory();
    const whole = directory.path("whole");
    const events = randomEvents(5, 6);
    const writer = new EventFileWriter({ path: whole, form, zstd, header: sampleHeader });
    for (const event of events) {
      writer.writeEvent(event);
      writer.flush();
    }
    writer.close();
    const bytes = readFileSync(whole);
    const expected = readAll(whole).events;
    const cutPath = directory.path("cut");
    let withoutHeader = 0;
    for (let cut = 0; cut < bytes.length; cut++) {
      writeFileSync(cutPath, bytes.subarray(0, cut));
      try {
        const { events: read, reader } = readAll(cutPath);
        expect(withoutHeader).toBeGreaterThan(0);
        expect(read).toEqual(expected.slice(0, read.length) as never);
        expect(reader.readErrors.length).toBeLessThanOrEqual(2);
        if (read.length > 1 && reader.readErrors.length === 0) expect(isBoundary(form, zstd, bytes, cut)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(TraceError);
        expect((error as TraceError).code).toBe("FILE_FORMAT");
        expect(withoutHeader).toBe(cut);
        withoutHeader++;
      }
    }
  });
}

/** Only a cut between two items (or, in the JSON form, before a newline) can go unnoticed. */
function isBoundary(form: "cbor" | "json", zstd: boolean, bytes: Uint8Array, cut: number): boolean {
  if (zstd) return Buffer.from(bytes.buffer, bytes.byteOffset + cut, 4).equals(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd));
  if (form === "json") return bytes[cut] === 0x0a || bytes[cut - 1] === 0x0a;
  return (bytes[cut] as number) >> 5 === 5;
}

/** Bytes in memory as a source that gives a few at a time. */
function memorySource(bytes: Uint8Array, step: number): ByteSource {
  let at = 0;
  return {
    damage: undefined,
    read(target) {
      const count = Math.min(step, target.length, bytes.length - at);
      target.set(bytes.subarray(at, at + count));
      at += count;
      return count;
    },
    close() {},
  };
}

for (const form of forms) {
  test(`50,000 damaged ${form} files neither throw nor hang`, () => {
    using directory = temporaryDirectory();
    const path = directory.path("small");
    const writer = new EventFileWriter({ path, form, header: sampleHeader });
    for (const event of randomEvents(3, 4)) writer.writeEvent(event);
    writer.close();
    const original = new Uint8Array(readFileSync(path));
    const random = randomFrom(20261122);
    let items = 0;
    let damage = 0;
    for (let round = 0; round < 50_000; round++) {
      const bytes = original.slice();
      const flips = 1 + Math.floor(random() * 3);
      for (let i = 0; i < flips; i++) flipBit(bytes, random);
      const buffer = new ChunkBuffer(memorySource(bytes, round % 50 === 0 ? 64 : bytes.length), 512);
      const report = () => damage++;
      const reader = form === "cbor" ? new CborSequenceReader(buffer, report) : new JsonLineReader(buffer, report, new JsonLineParser());
      while (reader.read(() => items++, Infinity));
    }
    expect(items).toBeGreaterThan(50_000);
    expect(damage).toBeGreaterThan(5_000);
  });
}

for (const { form, zstd } of variants) {
  test(`1,000 damaged files on disk give events or a TraceError: ${form}${zstd ? " with zstd" : ""}`, () => {
    using directory = temporaryDirectory();
    const path = directory.path("small");
    const writer = new EventFileWriter({ path, form, zstd, header: sampleHeader });
    for (const event of randomEvents(4, 4)) writer.writeEvent(event);
    writer.close();
    const original = new Uint8Array(readFileSync(path));
    const random = randomFrom(8746);
    for (let round = 0; round < 1000; round++) {
      const bytes = original.slice();
      flipBit(bytes, random);
      writeFileSync(path, bytes);
      try {
        for (const event of openEventFile(path).events()) expect(typeof event).toBe("object");
      } catch (error) {
        expect(error).toBeInstanceOf(TraceError);
      }
    }
  });
}

function flipBit(bytes: Uint8Array, random: () => number): void {
  const at = Math.floor(random() * bytes.length);
  bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(random() * 8));
}

test("a damaged JSON line is reported with its offset and the rest is read", () => {
  using directory = temporaryDirectory();
  const path = directory.path("lines.json");
  const first = `${JSON.stringify(sampleHeader())}\n`;
  writeFileSync(path, `${first}{"common":{"timestamp":1}}\n{"common":{"tim\n\r\n\n  {"common":{"timestamp":2}}\r\n[1]\n7\n`);
  const { events, reader } = readAll(path);
  expect(events.slice(1)).toEqual([{ common: { timestamp: 1 } }, { common: { timestamp: 2 } }]);
  expect(reader.readErrors.map(({ offset }) => offset - first.length)).toEqual([27, 76, 80]);
  expect(reader.readErrors[0]?.message).toStartWith("line 3 is damaged");
});

test("damage in the middle of CBOR ends the reading and says how much is lost", () => {
  using directory = temporaryDirectory();
  const path = directory.path("middle");
  const writer = new EventFileWriter({ path, form: "cbor", header: sampleHeader });
  writer.writeEvent({ common: { timestamp: 1 } });
  writer.close();
  const whole = readFileSync(path);
  writeFileSync(path, Buffer.concat([whole, Uint8Array.of(0xff), Buffer.alloc(600_000)]));
  const { events, reader } = readAll(path);
  expect(events).toHaveLength(2);
  expect(reader.readErrors).toHaveLength(1);
  expect(reader.readErrors[0]?.offset).toBe(whole.length);
  expect(reader.readErrors[0]?.message).toContain("600001 bytes were left out");
});

/** Bytes of a file without events. */
function cborHeader(): Buffer {
  using directory = temporaryDirectory();
  const path = directory.path("empty");
  new EventFileWriter({ path, form: "cbor", header: sampleHeader }).close();
  return readFileSync(path);
}

/** Bytes of an event with the items given in hexadecimal in its section. */
function eventWith(hex: string): Buffer {
  const bytes = Buffer.from(hex, "hex");
  return Buffer.concat([Buffer.from(encodeItem({ common: { timestamp: 2 }, other: { key: 0 } })).subarray(0, -1), bytes]);
}

describe("well-formed CBOR that is no event loses only itself", () => {
  test.each([
    ["a tag", eventWith("c11a514b67b0"), "it has a tag"],
    ["indefinite length", eventWith("9f01ff"), "a length is indefinite"],
    ["numbers as keys", eventWith("a101f6"), "a key is not text"],
    ["a reserved simple value", eventWith("f8ff"), "it has a reserved simple value"],
    ["nesting", eventWith(`${"81".repeat(100_000)}00`), "it is nested deeper than 64 levels"],
    ["nesting of many kinds", eventWith(`${"8201a16161".repeat(5000)}00`), "it is nested deeper than 64 levels"],
    [
      "length",
      eventWith(`5a${(2 ** 24).toString(16).padStart(8, "0")}${"00".repeat(2 ** 24)}`),
      "it is longer than 1 MiB, the limit for an event",
    ],
    ["empty maps", eventWith(`9a000e0000${"a0".repeat(0xe0000)}`), "it has more than 4 million values"],
    ["values", Buffer.concat([Buffer.from("9a00400000", "hex"), Buffer.alloc(2 ** 22, 0xa0)]), "it has more than 4 million values"],
    ["the length of a series", Buffer.concat([Buffer.from("9a02000000", "hex"), Buffer.alloc(2 ** 25)]), "24 MiB, the limit for a series"],
  ])("%s", (_name, item, reason) => {
    using directory = temporaryDirectory();
    const path = directory.path("odd.zst");
    const event = (timestamp: number) => encodeItem({ common: { timestamp } });
    const whole = Buffer.concat([cborHeader(), event(1), item, event(3), item, event(4)]);
    writeFileSync(path, Bun.zstdCompressSync(whole, { level: 1 }));
    const { events, reader } = readAll(path);
    expect(events.slice(1)).toEqual([1, 3, 4].map((timestamp) => ({ common: { timestamp } })));
    expect(reader.readErrors.map(({ message }) => message)).toEqual(Array(2).fill(expect.stringContaining(reason)));
    const scanned: number[] = [];
    const scanner = openEventFile(path);
    while (scanner.scan((scan) => scanned.push(scan.time.low)));
    expect(scanned).toEqual([1, 3, 4]);
    expect(scanner.readErrors.map(({ offset }) => offset)).toEqual(reader.readErrors.map(({ offset }) => offset));
  });
});

test("bytes that are not UTF-8 are read as U+FFFD and reported", () => {
  using directory = temporaryDirectory();
  const path = directory.path("latin.json");
  writeFileSync(
    path,
    Buffer.concat([
      Buffer.from(`${JSON.stringify(sampleHeader())}\n{"dev":{"name":"`),
      Uint8Array.of(0xe9),
      Buffer.from(`"}}\n{"dev":{"name":"\ufffd"}}\n`),
    ]),
  );
  const { events, reader } = readAll(path);
  expect(events.slice(1)).toEqual([{ dev: { name: "\ufffd" } }, { dev: { name: "\ufffd" } }]);
  expect(reader.readErrors).toHaveLength(1);
});

test("sections that are none, null values and bad base64 lose only themselves", () => {
  using directory = temporaryDirectory();
  const path = directory.path("odd.json");
  writeFileSync(
    path,
    `${JSON.stringify(sampleHeader())}\n{"common":{"timestamp":1,"smp_id":null},"dev":null,"skb":7,"packet":{"len":1,"data":"AA"}}\n`,
  );
  const { events, reader } = readAll(path);
  expect(events[1]).toEqual({ common: { timestamp: 1 } });
  expect(reader.readErrors.map(({ message }) => message.split(";")[0])).toEqual(['"skb" is not an object', '"packet/data" is not base64']);
});

test.each([
  ["", "it is empty"],
  ["\x1f\x8b\x08", "gzip"],
  ["\n\r\r\n\x1c\0\0\0", "pcapng"],
  ["hello", "begins with"],
  ['{"common":{"timestamp":1}}\n', "does not begin with a startup event"],
  ["[]\n", "does not begin with a startup event"],
  ["\xd9\xd9\xf7\xa0", "does not begin with a startup event"],
  ["{broken", "no complete event"],
])("a foreign file is named for what it is: %j", (content, found) => {
  using directory = temporaryDirectory();
  const path = directory.path("foreign");
  writeFileSync(path, Buffer.from(content, "latin1"));
  expect(() => openEventFile(path)).toThrow(found);
  expect(() => openEventFile(path)).toThrow(TraceError);
});
