import { afterAll, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PageCacheWindow } from "./page-cache-window.ts";

const mebibyte = 1024 * 1024;
const directory = mkdtempSync(join(tmpdir(), "retis-window-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** A window over a file that exists only as a number, with a clock that each MiB moves on, and the calls that it makes. */
function simulated(handOverMs: () => number) {
  const calls: string[] = [];
  let time = 0;
  const log = (name: string) => (_: number, offset: number, length: number) => {
    calls.push(`${name} ${offset / mebibyte}+${length / mebibyte}`);
    if (name === "write") time += handOverMs();
  };
  const window = new PageCacheWindow(7, () => time, { startWriting: log("write"), giveBack: log("give back") });
  let size = 0;
  return {
    calls,
    write(count: number, ms: number) {
      for (let index = 0; index < count; index++) {
        time += ms;
        window.wrote((size += mebibyte));
      }
    },
  };
}

test("of a file that grows fast, what lies 32 MiB back is given back", () => {
  const { calls, write } = simulated(() => 1);
  write(32, 2);
  expect(calls).toEqual([]);
  write(8, 2);
  expect(calls).toEqual(["write 32+4", "give back 0+4", "write 36+4", "give back 4+4"]);
});

test("a file that grows slowly stays in the page cache", () => {
  const { calls, write } = simulated(() => 1);
  write(200, 40);
  expect(calls).toEqual([]);
});

test("one unit that takes long changes nothing", () => {
  let ms = 100;
  const { calls, write } = simulated(() => ms);
  write(36, 2);
  ms = 1;
  write(64, 2);
  expect(calls).toHaveLength(2 * 17);
});

test("a disk that does not keep up is left alone for a while; what was not given back meanwhile is given back then", () => {
  let ms = 60;
  const { calls, write } = simulated(() => ms);
  write(32 + 16 * 4, 2);
  expect(calls).toHaveLength(2 * 16);
  expect(calls.slice(-2)).toEqual(["write 92+4", "give back 60+4"]);
  ms = 1;
  write(16 * 4, 2);
  expect(calls).toHaveLength(2 * 16);
  write(4, 2);
  expect(calls.slice(2 * 16)).toEqual(["write 160+4", "give back 64+68"]);
});

test("the slower the disk, the longer it is left alone", () => {
  const { calls, write } = simulated(() => 60);
  write(32 + 64 + 64 + 64 + 2 * 64, 2);
  expect(calls).toHaveLength(2 * 32);
  write(4, 2);
  expect(calls.at(-2)).toBe("write 352+4");
});

test("what was written slowly before stays", () => {
  const { calls, write } = simulated(() => 1);
  write(100, 40);
  write(8, 2);
  expect(calls).toEqual(["write 100+4", "give back 68+4", "write 104+4", "give back 72+4"]);
});

test("a write of several units is one hand-over", () => {
  const { calls, write } = simulated(() => 1);
  write(35, 2);
  const before = calls.length;
  expect(before).toBe(0);
  const window = new PageCacheWindow(7, () => 0, {
    startWriting: (_, offset, length) => calls.push(`write ${offset / mebibyte}+${length / mebibyte}`),
    giveBack: (_, offset, length) => calls.push(`give back ${offset / mebibyte}+${length / mebibyte}`),
  });
  window.wrote(32 * mebibyte);
  window.wrote(45 * mebibyte);
  expect(calls).toEqual(["write 32+12", "give back 0+12"]);
});

/** TMPFS_MAGIC (include/uapi/linux/magic.h). */
const onTmpfs = statfsSync(directory).type === 0x01021994;

test.skipIf(onTmpfs)("pages of a real file are given back (needs a disk)", async () => {
  const file = join(directory, "file");
  const descriptor = openSync(file, "w+");
  const window = new PageCacheWindow(descriptor, () => 0);
  const block = new Uint8Array(mebibyte).fill(7);
  for (let count = 1; count <= 96; count++) {
    writeSync(descriptor, block);
    window.wrote(count * mebibyte);
    await Bun.sleep(5);
  }
  closeSync(descriptor);
  const [cached = "0"] = Bun.spawnSync(["fincore", "--bytes", "--noheadings", "--output", "RES", file])
    .stdout.toString()
    .trim()
    .split("\n");
  expect(Number(cached)).toBeGreaterThan(0);
  expect(Number(cached)).toBeLessThan(96 * mebibyte);
});
