import { expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { randomEvents, randomFrom, readAll, sampleHeader, temporaryDirectory } from "../../test/cases/files/sample-events.ts";
import { EventFileWriter } from "./writer.ts";
import { ZstdSource } from "./zstd-source.ts";

setDefaultTimeout(60_000);

/** Decompresses with input in pieces of `step` bytes. */
function decompress(bytes: Uint8Array, step: number): { readonly output: Buffer; readonly damage: string | undefined } {
  let at = 0;
  const source = new ZstdSource({
    damage: undefined,
    read(target) {
      const piece = bytes.subarray(at, at + Math.min(step, target.length));
      target.set(piece);
      at += piece.length;
      return piece.length;
    },
    close() {},
  });
  const pieces: Buffer[] = [];
  const target = Buffer.alloc(10_000);
  for (let count = source.read(target); count > 0; count = source.read(target)) pieces.push(Buffer.from(target.subarray(0, count)));
  source.close();
  return { output: Buffer.concat(pieces), damage: source.damage };
}

const random = randomFrom(1);
const noise = Buffer.from(Uint8Array.from({ length: 300_000 }, () => random() * 256));
const skippable = Buffer.from("502a4d1803000000616263", "hex");
const frames = [Buffer.alloc(400_000, "retis "), noise, Buffer.alloc(0), Buffer.from("tail")];
const compressed = Buffer.concat([skippable, ...frames.flatMap((frame) => [Bun.zstdCompressSync(frame), skippable])]);

test.each([1, 7, 4096, 1_000_000])("many frames are one stream, input in pieces of %d bytes", (step) => {
  const { output, damage } = decompress(compressed, step);
  expect(output.equals(Buffer.concat(frames))).toBe(true);
  expect(damage).toBeUndefined();
});

test("a cut anywhere but between frames is noticed, and what came before is there", () => {
  const whole = Buffer.concat([Bun.zstdCompressSync("first "), Bun.zstdCompressSync("second", { level: 19 })]);
  const boundary = Bun.zstdCompressSync("first ").length;
  for (let cut = 1; cut < whole.length; cut++) {
    const { output, damage } = decompress(whole.subarray(0, cut), 3);
    expect("first second").toStartWith(output.toString());
    expect(damage === undefined).toBe(cut === boundary);
  }
});

test("a damaged frame keeps the frames before it", () => {
  const second = Bun.zstdCompressSync(noise);
  second[4] = 0xff;
  const { output, damage } = decompress(Buffer.concat([Bun.zstdCompressSync("first"), second]), 4096);
  expect(output.toString()).toBe("first");
  expect(damage).toStartWith("the compressed data is damaged");
});

test.skipIf(Bun.which("zstd") === null)("files pass both ways through the zstd tool (needs the Debian package zstd)", () => {
  using directory = temporaryDirectory();
  const events = randomEvents(2, 1000);
  for (const form of ["cbor", "json"] as const) {
    const plain = directory.path(`${form}-plain`);
    const packed = directory.path(`${form}-packed.zst`);
    for (const [path, zstd] of [
      [plain, false],
      [packed, true],
    ] as const) {
      const writer = new EventFileWriter({ path, form, zstd, header: sampleHeader });
      for (const event of events) writer.writeEvent(event);
      writer.close();
    }
    expect(spawnSync("zstd", ["-q", "-9", "--rm", plain]).status).toBe(0);
    expect(readAll(`${plain}.zst`).events.slice(1)).toEqual(events as never);
    expect(spawnSync("zstd", ["-qd", packed]).status).toBe(0);
    const unpacked = directory.path(`${form}-packed`);
    expect(readAll(unpacked).events.slice(1)).toEqual(events as never);
    writeFileSync(packed, Buffer.concat([readFileSync(packed), readFileSync(packed)]));
    expect(readAll(packed).events).toHaveLength(2 * (events.length + 1));
  }
});
