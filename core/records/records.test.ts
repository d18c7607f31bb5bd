import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineCollector, defineSection, OptionalText, Type, U32 } from "../api/collector.ts";
import { TraceError } from "../base/errors.ts";
import { buildRecord, builtHeader } from "../event/testdata/record-builder.ts";
import { struct, u32 } from "../event/testdata/layout-builder.ts";
import { Random } from "../../test/support/random.ts";
import { RecordsCapture } from "./capture.ts";
import { parseRecords, readRecords } from "./read-records.ts";
import { recordedHost } from "./recorded-host.ts";
import { RecordsWriter } from "./records-writer.ts";
import { Replay } from "./replay.ts";

const directory = mkdtempSync(join(tmpdir(), "retis-records-"));
afterAll(() => rmSync(directory, { recursive: true }));

const layout = struct("queue_section", { queue: u32, mark: u32 });

function queueCollector(words: Readonly<Record<number, string>>) {
  const section = defineSection({
    key: "queue",
    summary: "The queue.",
    wire: "queue",
    schema: Type.Object({
      queue: U32({ description: "Queue" }),
      release: OptionalText({ description: "Release", lookup: "release", member: "queue" }),
      mark: OptionalText({ description: "Mark", lookup: "mark", member: "mark" }),
    }),
  });
  return defineCollector({
    name: "queue",
    summary: "The queue",
    apiVersion: 1,
    sections: [section],
    options: Type.Object({ loud: Type.Boolean({ default: false, description: "Loud" }) }),
    setup: (host, { loud }) => ({
      hooks: [],
      lookups: { release: () => (loud ? host.kernel.release.toUpperCase() : host.kernel.release), mark: (value: number) => words[value] },
    }),
  });
}

const payload = (...words: readonly number[]) => new Uint8Array(Uint32Array.from(words).buffer);

/** A recording as a run makes it: questions before the file is there, records and answers in turn. */
function record(path: string): void {
  const capture = new RecordsCapture(path);
  const host = capture.host({ ...recordedHost(undefined as never), kernel: { release: "6.12-test" } as never });
  expect(host.kernel.release).toBe("6.12-test");
  capture.describe(
    [{ name: "queue", options: { loud: true } }],
    [
      { owner: 7, collector: "queue", key: "queue", layout },
      { owner: 8, collector: "other", key: "other", layout },
    ],
    builtHeader,
  );
  capture.open({ versionText: "v1", commandLine: "retis collect", clockOffset: { sec: 1, nsec: 0 } });
  capture.record(buildRecord([{ owner: 7, payload: payload(3, 1) }]));
  const { location } = capture.addresses({ lookup: () => undefined, location: () => "tcp_v4_rcv+0x10" });
  expect(location(0xffff_ffff_8123_4567n)).toBe("tcp_v4_rcv+0x10");
  capture.record(
    buildRecord([
      { owner: 7, payload: payload(4, 2) },
      { owner: 8, payload: payload(1, 1) },
    ]),
  );
  capture.close();
  expect(capture.failure).toBeUndefined();
}

describe("a recording", () => {
  const path = join(directory, "queue.records");
  record(path);

  test("is decoded by the present code, with what the host answered then", () => {
    const saved = readRecords(path);
    const replay = new Replay(saved, [queueCollector({ 1: "one", 2: "two" })]);
    expect([...replay.events()]).toEqual([
      { queue: { queue: 3, release: "6.12-TEST", mark: "one" } },
      { queue: { queue: 4, release: "6.12-TEST", mark: "two" } },
    ]);
    expect(replay.unknownSections).toEqual(["other"]);
    expect(replay.stats.unknownOwners).toBe(1);
    const changed = new Replay(saved, [queueCollector({ 1: "uno" })]);
    expect([...changed.events()][0]).toEqual({ queue: { queue: 3, release: "6.12-TEST", mark: "uno" } });
  });

  test("belongs to its owner alone, and has each answer once", () => {
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readRecords(path).answers.get("location", "ffffffff81234567")).toBe("tcp_v4_rcv+0x10");
  });

  test("a schema that does not fit the recorded struct is an error that says so", () => {
    const collector = queueCollector({});
    const section = { ...collector.sections[0]!, schema: Type.Object({ length: U32({ description: "Length" }) }) };
    expect(() => new Replay(readRecords(path), [{ ...collector, sections: [section] }])).toThrow(/property "length"/);
  });

  test("cut anywhere, it gives the records before the cut", () => {
    const whole = readFileSync(path);
    const counts = new Set<number>();
    for (let end = 0; end <= whole.length; end++) {
      try {
        const { records, damage } = parseRecords(path, whole.subarray(0, end));
        counts.add(records.length);
        if (damage !== undefined) expect(damage).toContain("the item is cut short");
      } catch (error) {
        expect((error as TraceError).code).toBe("NOT_RECORDS");
      }
    }
    expect(counts).toEqual(new Set([0, 1, 2]));
  });

  test("with wrong bytes it ends in events or in an error of ours", () => {
    const whole = readFileSync(path);
    const random = new Random(13);
    let decoded = 0;
    for (let round = 0; round < 1000; round++) {
      const bytes = Uint8Array.from(whole);
      for (let change = 0; change <= random.below(4); change++) bytes[random.below(bytes.length)] = random.below(256);
      try {
        const replay = new Replay(parseRecords(path, bytes), [queueCollector({ 1: "one" })]);
        decoded += [...replay.events()].length;
      } catch (error) {
        if (!(error instanceof TraceError)) throw error;
      }
    }
    expect(decoded).toBeGreaterThan(50);
  });

  test("an event file is not one", () => {
    expect(() => parseRecords("x", new Uint8Array())).toThrow(/Cannot replay x: the item is cut short/);
    expect(() => parseRecords("x", Buffer.from("{}"))).toThrow(/Cannot replay x/);
    expect(() => parseRecords("x", Uint8Array.from([0xa0]))).toThrow(/it does not begin with the header of one/);
  });
});

test("records beyond the limit are counted, and what is in the file stays whole", () => {
  const path = join(directory, "full.records");
  record(path);
  const { header } = readRecords(path);
  const writer = new RecordsWriter(path, header, 4000);
  for (let index = 0; index < 100; index++) writer.record(new Uint8Array(96).fill(index));
  writer.close();
  expect(writer.records + writer.refused).toBe(100);
  expect(writer.refused).toBeGreaterThan(50);
  expect(readRecords(path).records).toHaveLength(writer.records);
  expect(statSync(path).size).toBeLessThanOrEqual(4000);
});

test("a full disk is reported once, as for other outputs", () => {
  const capture = new RecordsCapture("/dev/full");
  capture.describe([], [], builtHeader);
  capture.open({ versionText: "v1", commandLine: "retis", clockOffset: undefined });
  capture.record(new Uint8Array(16));
  capture.flush();
  capture.record(new Uint8Array(16));
  capture.close();
  expect(capture.failure?.code).toBe("FILE_WRITE");
});
