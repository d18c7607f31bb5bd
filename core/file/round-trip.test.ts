import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { randomEvents, readAll, sampleHeader, temporaryDirectory } from "../../test/cases/files/sample-events.ts";
import { encodeItem } from "../cbor/encode-item.ts";
import { openEventFile } from "./reader.ts";
import { EventFileWriter } from "./writer.ts";

setDefaultTimeout(60_000);

const variants = (["cbor", "json"] as const).flatMap((form) => [false, true].map((zstd) => ({ form, zstd })));

for (const { form, zstd } of variants) {
  const name = `${form}${zstd ? " with zstd" : ""}`;

  test(`what is written is read back: ${name}`, () => {
    using directory = temporaryDirectory();
    for (let seed = 0; seed < 20; seed++) {
      const events = randomEvents(seed, 200);
      const path = directory.path(`${seed}`);
      const writer = new EventFileWriter({ path, form, zstd, header: sampleHeader });
      for (const [index, event] of events.entries()) {
        writer.writeEvent(event);
        if (index % 50 === 0) writer.flush();
      }
      writer.close();
      const { events: read, reader } = readAll(path);
      expect(reader.readErrors).toEqual([]);
      expect(reader.form).toBe(form);
      expect(read[0]).toEqual(sampleHeader() as never);
      expect(read.slice(1)).toEqual(events as never);
    }
  });

  test(`rotated parts keep their limit, are complete and follow each other: ${name}`, () => {
    using directory = temporaryDirectory();
    const path = directory.path("out");
    const limit = 60_000;
    const events = randomEvents(7, 3000);
    const writer = new EventFileWriter({ path, form, zstd, header: sampleHeader, rotate: limit });
    for (const event of events) writer.writeEvent(event);
    writer.close();
    const parts = readdirSync(dirname(path)).sort();
    expect(parts.length).toBeGreaterThan(3);
    expect(parts.length).toBe(writer.files);
    expect(parts).not.toContain("out");
    let total = 0;
    for (const [id] of parts.entries()) {
      expect(statSync(`${path}.${id}`).size).toBeLessThanOrEqual(limit);
      const { events: own, reader } = readAll(`${path}.${id}`);
      expect(reader.header.startup.split_file).toEqual({ id, policy: { kind: "size", limit } });
      total += own.length - 1;
    }
    expect(total).toBe(events.length);
    const { events: followed, reader } = readAll(`${path}.0`, { follow: true });
    expect(reader.readErrors).toEqual([]);
    expect(followed.filter((event) => !event["startup"])).toEqual(events as never);
    expect(followed.filter((event) => event["startup"])).toHaveLength(parts.length);
  });

  test(`series are read back as series and as events: ${name}`, () => {
    using directory = temporaryDirectory();
    const path = directory.path("sorted");
    const series = [randomEvents(1, 3), randomEvents(2, 1), randomEvents(3, 5)];
    const writer = new EventFileWriter({ path, form, zstd, header: sampleHeader, series: true });
    for (const events of series) writer.writeSeries(events);
    writer.close();
    const reader = openEventFile(path);
    expect(reader.kind).toBe("series");
    const read = [];
    for (let batch = reader.readSeriesBatch(); batch; batch = reader.readSeriesBatch()) read.push(...batch);
    expect(read).toEqual([[sampleHeader()], ...series] as never);
    expect(readAll(path).events).toEqual([sampleHeader(), ...series.flat()] as never);
  });
}

test("ready-made CBOR goes through as it is, and is split between items when rotating", () => {
  using directory = temporaryDirectory();
  const events = randomEvents(11, 2000);
  const run = new Uint8Array(Buffer.concat([Buffer.from("??"), ...events.map(encodeItem)]));
  for (const rotate of [undefined, 50_000]) {
    const path = directory.path(`cbor-${rotate}`);
    const writer = new EventFileWriter({ path, form: "cbor", header: sampleHeader, ...(rotate ? { rotate } : {}) });
    writer.writeCbor(run, 2, run.length);
    writer.close();
    const { events: read, reader } = readAll(rotate ? `${path}.0` : path, { follow: true });
    expect(reader.readErrors).toEqual([]);
    expect(read.filter((event) => !event["startup"])).toEqual(events as never);
  }
});

test("a timed flush happens once a second", () => {
  using directory = temporaryDirectory();
  const path = directory.path("timed");
  const writer = new EventFileWriter({ path, form: "json", header: sampleHeader });
  const size = statSync(path).size;
  writer.flushIfDue(1000);
  writer.writeEvent({ common: { timestamp: 1 } });
  expect(writer.untilFlush(1400)).toBe(600);
  writer.flushIfDue(1999);
  expect(statSync(path).size).toBe(size);
  writer.flushIfDue(2000);
  expect(statSync(path).size).toBeGreaterThan(size);
  writer.close();
});

test("an event larger than the writer's buffers is kept whole", () => {
  using directory = temporaryDirectory();
  const event = { common: { timestamp: 1 }, packet: { data: new Uint8Array(700_000).fill(7) } };
  for (const { form, zstd } of variants) {
    const path = directory.path(`large-${form}-${zstd}`);
    const writer = new EventFileWriter({ path, form, zstd, header: sampleHeader });
    for (let i = 0; i < 3; i++) writer.writeEvent(event);
    writer.close();
    expect(readAll(path).events.slice(1)).toEqual([event, event, event]);
  }
});
