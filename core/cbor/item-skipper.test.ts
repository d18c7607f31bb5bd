import { expect, test } from "bun:test";
import { join } from "node:path";
import { ItemSkipper } from "./item-skipper.ts";

/** Passes over the first item, in pieces of so many bytes; returns where it ended, or undefined when it goes on. */
function endOf(bytes: Uint8Array, piece = bytes.length): number | undefined {
  const skipper = new ItemSkipper();
  let at = 0;
  for (let end = piece; !skipper.done && end < bytes.length + piece; end += piece)
    at = skipper.skip(bytes, at, Math.min(end, bytes.length));
  return skipper.done ? at : undefined;
}

/** RFC 8949 appendix A. */
const examples = [
  "00 1864 1b000000e8d4a51000 20 3bffffffffffffffff f90000 fb3ff199999999999a f4 f7 f0 f8ff",
  "c074323031332d30332d32315432303a30343a30305a d74401020304 d818456449455446 40 4401020304 6161 62225c",
  "80 83010203 8301820203820405 98190102030405060708090a0b0c0d0e0f101112131415161718181819",
  "a0 a201020304 a26161016162820203 826161a161626163 a56161614161626142616361436164614461656145",
  "5f42010243030405ff 7f657374726561646d696e67ff 9fff 9f018202039f0405ffff 83018202039f0405ff",
  "bf61610161629f0203ffff 826161bf61626163ff bf6346756ef563416d7421ff bf0102ff 9f9f9fffffff",
].flatMap((line) => line.split(" "));

test.each(examples)("%s", (hex) => {
  const bytes = Buffer.from(`${hex}00`, "hex");
  for (const piece of [1, 2, 3, bytes.length]) expect(endOf(bytes, piece)).toBe(bytes.length - 1);
  for (let length = 1; length < bytes.length - 1; length++) expect(endOf(bytes.subarray(0, length))).toBeUndefined();
});

/** RFC 8949 appendix F.1, and an odd map. */
test.each(["1c", "3e", "5d", "ff", "81ff", "a1ff", "bf00ff", "9f81ff", "5f00ff", "5f6100ff", "7f4100ff", "5f5f4100ffff", "df", "1f"])(
  "%s is not well-formed",
  (hex) => expect(() => endOf(Buffer.from(hex, "hex"))).toThrow("not well-formed"),
);

/** Prints bytes: how much more memory the process holds after the items. In one of its own: other tests leave garbage at any time. */
const grow = `
  const { ItemSkipper } = await import(process.argv[1]);
  const bytes = Buffer.from(process.argv[2].repeat(4000), "hex");
  const skipper = new ItemSkipper();
  const before = process.memoryUsage.rss();
  for (let i = 0; i < 1000; i++) if (skipper.skip(bytes, 0, bytes.length) !== bytes.length) throw new Error("it ended");
  if (skipper.done) throw new Error("it is done");
  console.log(process.memoryUsage.rss() - before);`;

test.each(["81", "82", "9f", "a10081", "bf00", "c1"])("four million times %s takes little memory", (open) => {
  const argv = [process.execPath, "-e", grow, join(import.meta.dir, "item-skipper.ts"), open];
  const { stdout, stderr, exitCode } = Bun.spawnSync(argv, { stderr: "pipe" });
  expect(exitCode, stderr.toString()).toBe(0);
  expect(Number(stdout.toString())).toBeLessThan(128 * 1024 * 1024);
});

test("nesting of many kinds has a limit", () => {
  const skipper = new ItemSkipper();
  const bytes = Buffer.from("8283".repeat(1000), "hex");
  expect(() => {
    for (let i = 0; i < 2000; i++) skipper.skip(bytes, 0, bytes.length);
  }).toThrow("too deeply");
});
