import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { closeSync, constants, openSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { randomEvents, readAll, realisticEvent, sampleHeader, temporaryDirectory } from "../../test/cases/files/sample-events.ts";
import { TraceError } from "../base/errors.ts";
import { EventFileWriter } from "./writer.ts";

setDefaultTimeout(60_000);

const directory = temporaryDirectory();
const mountPoint = directory.path("small-disk");
mkdirSync(mountPoint);
const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", mountPoint]).status === 0;

afterAll(() => {
  if (mounted) spawnSync("umount", ["-l", mountPoint]);
  directory[Symbol.dispose]();
});

function failureOf(action: () => unknown): TraceError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(TraceError);
    return error as TraceError;
  }
  throw new Error("nothing was thrown");
}

for (const form of ["cbor", "json"] as const) {
  for (const zstd of [false, true]) {
    test.skipIf(!mounted)(`a full disk keeps whole events only (needs root for a small tmpfs): ${form}${zstd ? " with zstd" : ""}`, () => {
      const path = `${mountPoint}/events-${form}-${zstd}`;
      const events = randomEvents(1, 20_000);
      const writer = new EventFileWriter({ path, form, zstd, header: sampleHeader });
      const failure = failureOf(() => events.forEach((event) => writer.writeEvent(event)));
      expect(failure.code).toBe("FILE_WRITE");
      expect(failureOf(() => writer.writeEvent({}))).toBe(failure);
      writer.close();
      const { events: read, reader } = readAll(path);
      expect(reader.readErrors).toEqual([]);
      expect(failure.message).toBe(`Cannot write ${path}: no space left on device (ENOSPC); ${read.length - 1} events in the file`);
      expect(read.slice(1)).toEqual(events.slice(0, read.length - 1) as never);
      expect(statSync(path).size).toBeGreaterThan(zstd ? 0 : 500_000);
      rmSync(path);
    });
  }
}

test.skipIf(!mounted)("a disk that fills up between parts leaves the parts readable", () => {
  const path = `${mountPoint}/rotated`;
  const writer = new EventFileWriter({ path, form: "json", header: sampleHeader, rotate: 150_000 });
  const failure = failureOf(() => randomEvents(2, 20_000).forEach((event) => writer.writeEvent(event)));
  writer.close();
  expect(readdirSync(mountPoint).sort()).toEqual(["rotated.0", "rotated.1", "rotated.2", "rotated.3"]);
  const { events, reader } = readAll(`${path}.0`, { follow: true });
  expect(reader.readErrors).toEqual([]);
  const counted = events.filter((event) => event["startup"] === undefined).length;
  expect(failure.message).toContain(`(ENOSPC); ${counted} events in the file`);
});

test.each([
  ["/dev/full", "no space left on device (ENOSPC)"],
  ["/nonexistent-directory/events", "no such file or directory (ENOENT)"],
  ["/tmp", "(EISDIR)"],
])("%s cannot be written", (path, reason) => {
  const failure = failureOf(() => new EventFileWriter({ path, form: "cbor", header: sampleHeader }));
  expect(failure.code).toBe("FILE_WRITE");
  expect(failure.message).toEndWith(reason);
});

test("only regular files are rotated", () => {
  const options = { path: "/dev/null", form: "json", header: sampleHeader, rotate: 1_000_000 } as const;
  expect(failureOf(() => new EventFileWriter(options)).message).toContain("only a regular file can be rotated");
});

test("a reader that goes away is one clear error", async () => {
  const path = directory.path("pipe");
  spawnSync("mkfifo", [path]);
  const reader = spawn("head", ["-c", "100", path], { stdio: ["ignore", "pipe", "inherit"] });
  const writer = new EventFileWriter({ path, form: "json", header: sampleHeader });
  await new Promise((resolve) => reader.on("exit", resolve));
  const failure = failureOf(() => {
    for (let i = 0; i < 10_000; i++) writer.writeEvent(realisticEvent(i));
  });
  expect(failure.message).toEndWith("(EPIPE)");
  writer.close();
  expect(existsSync(path)).toBe(true);
});

test("a file that another writer has is left alone, and free again when that one closes it", () => {
  const path = directory.path("shared");
  const options = { path, form: "cbor", header: sampleHeader } as const;
  const writer = new EventFileWriter(options);
  writer.writeEvent(realisticEvent(1));
  writer.flush();
  const size = statSync(path).size;
  expect(failureOf(() => new EventFileWriter(options)).code).toBe("FILE_IN_USE");
  expect(statSync(path).size).toBe(size);
  writer.close();
  new EventFileWriter(options).close();
  expect(statSync(path).size).toBeLessThan(size);
});

test("waiting for the reader of a FIFO can be given up, before there is one and when it takes nothing", () => {
  const path = directory.path("unread");
  spawnSync("mkfifo", [path]);
  let patience = 3;
  const check = () => {
    if (patience-- === 0) throw new Error("given up");
  };
  const options = { path, form: "json", header: sampleHeader, check } as const;
  expect(() => new EventFileWriter(options)).toThrow("given up");
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  patience = 3;
  const writer = new EventFileWriter(options);
  expect(() => {
    for (let i = 0; i < 10_000; i++) writer.writeEvent(realisticEvent(i));
  }).toThrow("given up");
  writer.close();
  closeSync(reader);
});
