/**
 * A program that writes a file of events with wrong values; the tests of commands start it, so that their own memory stays small.
 *
 *     write-wrong-events.ts PATH cbor|json plain|zstd SEED COUNT each|third|none
 *
 * `each` puts every odd value in every place first, `third` one in three. One event in ten of the others is right; their number is printed.
 */
import { closeSync, openSync, writeSync } from "node:fs";
import { Random } from "./random.ts";
import { everyWrongEvent, headerBytes, itemBytes, rightEvent, wrongEvent, wrongHeader } from "./wrong-events.ts";

const [path = "", formName, compression, seed, count, extent] = process.argv.slice(2);
const form = formName === "json" ? "json" : "cbor";
const frameInput = 1 << 20;

const file = openSync(path, "w");
let pieces: Uint8Array[] = [];
let size = 0;

function write(bytes: Uint8Array): void {
  pieces.push(bytes);
  size += bytes.length;
  if (size > frameInput) flush();
}

function flush(): void {
  const bytes = Buffer.concat(pieces);
  writeSync(file, compression === "zstd" ? Bun.zstdCompressSync(bytes, { level: 1 }) : bytes);
  pieces = [];
  size = 0;
}

const random = new Random(Number(seed));
let right = 0;
write(headerBytes(form, wrongHeader(random)));
if (extent !== "none") {
  let number = 0;
  for (const event of everyWrongEvent(random)) if (extent === "each" || number++ % 3 === 0) write(itemBytes(form, event));
}
for (let i = 0; i < Number(count); i++) {
  const isRight = random.once(10);
  if (isRight) right++;
  write(itemBytes(form, isRight ? rightEvent(random) : wrongEvent(random)));
}
flush();
closeSync(file);
console.log(right);
