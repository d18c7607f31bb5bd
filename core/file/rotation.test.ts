import { expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { randomEvents, readAll, sampleHeader, temporaryDirectory } from "../../test/cases/files/sample-events.ts";
import type { FileHeader } from "./header.ts";
import { partOf, resolveInput } from "./rotation.ts";
import { EventFileWriter } from "./writer.ts";

setDefaultTimeout(60_000);

const events = randomEvents(21, 600);

/** Writes four or more parts named `path.<n>`; returns their number. */
function writeParts(path: string, header: FileHeader = sampleHeader()): number {
  const writer = new EventFileWriter({ path, form: "json", header: () => header, rotate: 30_000 });
  for (const event of events) writer.writeEvent(event);
  writer.close();
  expect(writer.files).toBeGreaterThan(3);
  return writer.files;
}

function withoutStartup(path: string) {
  const { events: read, reader } = readAll(path, { follow: true });
  return { read: read.filter((event) => !event["startup"]), reader };
}

test("the last part of a crashed run is found under its bare name", () => {
  using directory = temporaryDirectory();
  const path = directory.path("retis.data");
  const last = writeParts(path) - 1;
  renameSync(`${path}.${last}`, path);
  const { read, reader } = withoutStartup(`${path}.0`);
  expect(read).toEqual(events as never);
  expect(reader.readErrors).toEqual([]);
});

test("reading starts at the part that is named", () => {
  using directory = temporaryDirectory();
  const path = directory.path("retis.data");
  const parts = writeParts(path);
  const { read } = withoutStartup(`${path}.1`);
  expect(read.length).toBeLessThan(events.length);
  expect(read).toEqual(events.slice(-read.length) as never);
  expect(readAll(`${path}.1`, { follow: true }).reader.header.startup.split_file?.id).toBe(1);
  expect(readAll(`${path}.1`).events.filter((event) => event["startup"])).toHaveLength(1);
  expect(parts).toBeGreaterThan(3);
});

test("parts that an earlier, longer run left are left out", () => {
  using directory = temporaryDirectory();
  const path = directory.path("retis.data");
  const old = sampleHeader({ startup: { ...sampleHeader().startup, clock_monotonic_offset: { sec: 1742309146, nsec: 1 } } });
  const count = writeParts(path, old);
  copyFileSync(`${path}.${count - 1}`, directory.path("stale"));
  writeParts(path);
  rmSync(`${path}.${count - 1}`);
  renameSync(directory.path("stale"), `${path}.${count - 1}`);
  const { reader } = withoutStartup(`${path}.0`);
  expect(reader.readErrors.map(({ message }) => message)).toEqual(["the file is from another recording and was left out"]);
});

test("a part without a readable header is reported, and the next ones are read", () => {
  using directory = temporaryDirectory();
  const path = directory.path("retis.data");
  writeParts(path);
  writeFileSync(`${path}.1`, "");
  const { read, reader } = withoutStartup(`${path}.0`);
  expect(read.at(-1)).toEqual(events.at(-1) as never);
  expect(reader.readErrors).toHaveLength(1);
  expect(reader.readErrors[0]?.message).toContain("it is empty; the part was left out");
});

test("a part under a foreign name is read alone, with a word about it", () => {
  using directory = temporaryDirectory();
  const path = directory.path("retis.data");
  writeParts(path);
  renameSync(`${path}.0`, directory.path("renamed.7"));
  const { reader } = withoutStartup(directory.path("renamed.7"));
  expect(reader.readErrors[0]?.message).toContain("its name does not say so");
});

test("what an INPUT argument means", () => {
  expect(resolveInput("x.json")).toEqual({ path: "x.json", follow: false });
  expect(resolveInput("retis.data.1..")).toEqual({ path: "retis.data.1", follow: true });
  expect(resolveInput("-")).toEqual({ path: "-", follow: false });
  expect(resolveInput("..")).toEqual({ path: "..", follow: false });
  expect(resolveInput("a/..")).toEqual({ path: "a/..", follow: false });
});

test("without an argument retis.data is read, else its first part", () => {
  using directory = temporaryDirectory();
  const before = process.cwd();
  process.chdir(directory.path("."));
  try {
    expect(resolveInput(undefined)).toEqual({ path: "retis.data.0", follow: true });
    writeFileSync("retis.data", "");
    expect(resolveInput(undefined)).toEqual({ path: "retis.data", follow: true });
  } finally {
    process.chdir(before);
  }
});

test("the number at the end of a path", () => {
  expect(partOf("/x/retis.data.12")).toEqual({ base: "/x/retis.data", id: 12 });
  expect(partOf("/x/retis.data")).toBeUndefined();
});
