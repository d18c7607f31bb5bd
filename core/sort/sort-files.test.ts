import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { randomEvents, randomFrom, sampleHeader, temporaryDirectory } from "../../test/cases/files/sample-events.ts";
import type { Event } from "../api/event.ts";
import { EventFileWriter, type WriterOptions } from "../file/writer.ts";
import { naiveSort } from "./testdata/naive-sort.ts";
import { sortFiles } from "./testdata/sort-files.ts";

setDefaultTimeout(60_000);

function writeFile(path: string, events: readonly Event[], options: Partial<WriterOptions> = {}): void {
  const writer = new EventFileWriter({ path, form: "cbor", header: () => sampleHeader(), ...options });
  for (const event of events) writer.writeEvent(event);
  writer.close();
}

/** Random events with few ids and times, so that packets have several events and times are equal now and then. */
function packetEvents(seed: number, count: number): Event[] {
  const random = randomFrom(seed);
  const heads = [0, 1, 18446612682070000000n, 2n ** 64n - 1n];
  const times = [0, 5000123456789, 2n ** 53n + 1n, 2n ** 64n - 1000n];
  const below = (limit: number) => Math.floor(random() * limit);
  return randomEvents(seed, count).map(({ common, "skb-tracking": _own, ...event }, i) => {
    const base = times[below(times.length)]!;
    const timestamp = typeof base === "bigint" ? base + BigInt(below(50)) : base + below(50);
    const tracking =
      random() < 0.7 ? { "skb-tracking": { orig_head: heads[below(4)]!, timestamp: below(3) + (i >> 6), skb: 4096 + below(3) } } : {};
    return { common: { ...common, timestamp }, ...tracking, ...event };
  });
}

test.each(["cbor", "json"] as const)("series of %s files are those of a plain sort, whatever the memory and the output", (form) => {
  using directory = temporaryDirectory();
  for (let seed = 1; seed <= 12; seed++) {
    const events = packetEvents(seed, seed * 37);
    const wanted = naiveSort(events);
    for (const zstd of [false, true]) {
      writeFile(directory.path("in"), events, { form, zstd });
      for (const limit of [1, 5, 64, 1000]) {
        for (const output of ["cbor", "json"] as const) {
          const { series, written, readErrors } = sortFiles([directory.path("in")], directory.path("out"), { form: output, limit });
          expect(series).toEqual(wanted);
          expect(written).toEqual(wanted);
          expect(readErrors).toEqual([]);
        }
      }
    }
  }
});

test("parts of a rotated file and several inputs are one", () => {
  using directory = temporaryDirectory();
  const events = packetEvents(31, 600);
  const wanted = naiveSort(events);
  writeFile(directory.path("in"), events, { rotate: 9000 });
  expect(sortFiles([directory.path("in.0")], directory.path("out"), { follow: true }).series).toEqual(wanted);
  writeFile(directory.path("one"), events.slice(0, 300), { form: "json" });
  writeFile(directory.path("two"), events.slice(300), { zstd: true });
  const { series, written, indexer } = sortFiles([directory.path("one"), directory.path("two")], directory.path("out"), { form: "json" });
  expect(series).toEqual(wanted);
  expect(written).toEqual(wanted);
  expect(indexer.severalClocks).toBe(false);
});

test("a sorted file can be sorted again, alone and among others", () => {
  using directory = temporaryDirectory();
  const events = packetEvents(32, 300);
  writeFile(directory.path("one"), events.slice(0, 200));
  writeFile(directory.path("two"), events.slice(200));
  const sorted = sortFiles([directory.path("one")], directory.path("sorted"));
  const again = sortFiles([directory.path("sorted")], directory.path("out"));
  expect(again.series).toEqual(sorted.series);
  const wanted = new Set(naiveSort(events).map((series) => JSON.stringify(series.map((event) => String(event["common"]!["timestamp"])))));
  const both = sortFiles([directory.path("sorted"), directory.path("two")], directory.path("out"));
  expect(new Set(both.series.map((series) => JSON.stringify(series.map((event) => String(event["common"]!["timestamp"])))))).toEqual(
    wanted,
  );
});

test("damage costs what is damaged, and no other series", () => {
  using directory = temporaryDirectory();
  const events = packetEvents(33, 60);
  writeFile(directory.path("in"), events, { form: "json" });
  const lines = readFileSync(directory.path("in"), "utf8").trimEnd().split("\n");
  lines.splice(10, 0, '{"common":{"timestamp":5},', "[1]", "", '{"common":{"timestamp":0}}}');
  writeFileSync(directory.path("in"), `${lines.join("\n")}\n{"common":`);
  const { series, written, readErrors } = sortFiles([directory.path("in")], directory.path("out"), { form: "json" });
  expect(series).toEqual(naiveSort(events));
  expect(written).toEqual(naiveSort(events));
  expect(readErrors.length).toBe(4);
});

/** A header of another machine, or of one that was started at another time. */
function headerOf(host: string, seconds: number) {
  const header = sampleHeader();
  return {
    ...header,
    host,
    startup: { ...header.startup, cmdline: `collect on ${host}`, clock_monotonic_offset: { sec: seconds, nsec: 0 } },
  };
}

const packet = (timestamp: number, id: number): Event => ({
  common: { timestamp },
  "skb-tracking": { orig_head: id, timestamp: id, skb: 7 },
});

test("hosts with different clocks are brought to that of the one started first, and their packets are not mixed up", () => {
  using directory = temporaryDirectory();
  writeFile(directory.path("young"), [packet(1_000_000_000, 50), packet(3_000_000_000, 50)], { header: () => headerOf("young", 2000) });
  writeFile(directory.path("old"), [packet(102_000_000_000, 50), packet(104_000_000_000, 60)], { header: () => headerOf("old", 1900) });
  const { series, written, indexer } = sortFiles([directory.path("young"), directory.path("old")], directory.path("out"));
  expect(indexer.header.host).toBe("old");
  expect(indexer.severalClocks).toBe(true);
  expect(written).toEqual(series);
  const facts = series.map((events) => events.map((event) => event["startup"]?.["cmdline"] ?? event["common"]?.["timestamp"]));
  expect(facts.filter(([first]) => typeof first === "number")).toEqual([
    [101_000_000_000, 103_000_000_000],
    [102_000_000_000],
    [104_000_000_000],
  ]);
  // What belongs to the other recording has the clock offset that is right for the times as they are now.
  const [startup] = series.flat().filter((event) => event["startup"] !== undefined);
  expect(startup?.["startup"]).toMatchObject({ cmdline: "collect on young", clock_monotonic_offset: { sec: 1900, nsec: 0 } });
});

const hourLater = { since: 5e9, clock_monotonic_offset: { sec: 4600, nsec: 0 }, step: 3600e9 };
const clockEvent = (timestamp: number, changes: readonly object[]): Event => ({ common: { timestamp }, clock: { changes } });

test.each(["cbor", "json"] as const)("a change of the wall clock is in the header of the sorted file (%s)", (form) => {
  using directory = temporaryDirectory();
  const events = [packet(1e9, 50), packet(2e9, 60), clockEvent(5e9, [hourLater]), packet(6e9, 50)];
  writeFile(directory.path("in"), events, { form, header: () => headerOf("one", 1000) });
  const { series, indexer } = sortFiles([directory.path("in")], directory.path("out"), { form });
  expect(indexer.severalClocks).toBe(false);
  expect(indexer.header.clock).toEqual({ changes: [hourLater] });
  expect(series.map((each) => each.map((event) => event["common"]?.["timestamp"]))).toEqual([[1e9, 6e9], [2e9]]);
});

test("times of another host are brought to the common clock by its wall clock at that time", () => {
  using directory = temporaryDirectory();
  writeFile(directory.path("old"), [packet(150e9, 40)], { header: () => headerOf("old", 900) });
  writeFile(directory.path("young"), [packet(1e9, 50), clockEvent(5e9, [hourLater]), packet(6e9, 60)], {
    header: () => headerOf("young", 1000),
  });
  const { series, indexer } = sortFiles([directory.path("old"), directory.path("young")], directory.path("out"));
  expect(indexer.header.clock).toBeUndefined();
  const times = series.flat().flatMap((event) => (event["skb-tracking"] ? [Number(event["common"]?.["timestamp"]) / 1e9] : []));
  expect(times).toEqual([101, 150, 3706]);
});

test("recordings of one host since its start share packets, those before a restart do not", () => {
  using directory = temporaryDirectory();
  writeFile(directory.path("one"), [packet(10, 5)], { header: () => headerOf("host", 1000) });
  writeFile(directory.path("two"), [packet(20, 5)], {
    header: () => ({
      ...headerOf("host", 1000),
      startup: { ...headerOf("again", 1000).startup, clock_monotonic_offset: { sec: 1000, nsec: 5000 } },
    }),
  });
  writeFile(directory.path("three"), [packet(30, 5)], { header: () => headerOf("host", 5000) });
  const { series } = sortFiles(
    ["one", "two", "three"].map((name) => directory.path(name)),
    directory.path("out"),
  );
  const packets = series.map((events) => events.filter((event) => event["skb-tracking"]).length).filter((count) => count > 0);
  expect(packets).toEqual([2, 1]);
});

test("a series too long for one array goes on in the next one", () => {
  using directory = temporaryDirectory();
  const events = Array.from({ length: 40_000 }, (_, i) => packet(1000 + i, 5));
  writeFile(directory.path("in"), events);
  const { series, written } = sortFiles([directory.path("in")], directory.path("out"), { form: "json" });
  expect(series.map((events) => events.length)).toEqual([16_384, 16_384, 7232]);
  expect(series.flat().map((event) => event["tracking"]?.["idx"])).toEqual(events.map((_, i) => i));
  expect(written).toEqual(series);
});

test.each(["cbor", "json"] as const)("an event that has nothing but its place in a series is written as valid %s", (form) => {
  using directory = temporaryDirectory();
  const skb = { orig_head: 5, timestamp: 5, skb: 7 };
  const events = [0, 1, 2].map((idx) => ({ tracking: { skb, idx } }));
  writeFile(directory.path("in"), [packet(10, 5), ...events, packet(20, 5)]);
  const { series, written, readErrors } = sortFiles([directory.path("in")], directory.path("out"), { form });
  expect(readErrors).toEqual([]);
  expect(series.map((each) => each.length)).toEqual([5]);
  expect(written).toEqual(series);
});

test("only series with an event for each condition are kept", () => {
  using directory = temporaryDirectory();
  const mark = (key: string, event: Event): Event => ({ ...event, [key]: { there: true } });
  const events = [
    mark("a", packet(1, 1)),
    packet(2, 1),
    mark("b", packet(3, 1)),
    mark("a", packet(4, 2)),
    mark("b", packet(5, 3)),
    mark("a", mark("b", { common: { timestamp: 6 } })),
  ];
  writeFile(directory.path("in"), events);
  const conditions = ["a", "b"].map((key) => (event: Event) => event[key] !== undefined);
  const kept = (untracked: boolean) =>
    sortFiles([directory.path("in")], directory.path("out"), {
      conditions,
      filter: { marks: 3, untracked, matches: () => true },
    }).series.map((events) => events.map((event) => event["common"]!["timestamp"]));
  expect(kept(true)).toEqual([[1, 2, 3], [6]]);
  expect(kept(false)).toEqual([[1, 2, 3]]);
});
