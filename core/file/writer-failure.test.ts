import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
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
      expect(failure.message).toBe(`Cannot write ${path}: no space left on device (ENOSPC)`);
      expect(failureOf(() => writer.writeEvent({}))).toBe(failure);
      writer.close();
      const { events: read, reader } = readAll(path);
      expect(reader.readErrors).toEqual([]);
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
  expect(failure.message).toContain("ENOSPC");
  writer.close();
  expect(readdirSync(mountPoint).sort()).toEqual(["rotated.0", "rotated.1", "rotated.2", "rotated.3"]);
  expect(readAll(`${path}.0`, { follow: true }).reader.readErrors).toEqual([]);
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
