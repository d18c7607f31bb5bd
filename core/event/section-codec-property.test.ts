/** The two generated functions of random sections, held to the drawn values and to cbor-x. */
import { expect, test } from "bun:test";
import { Decoder } from "cbor-x/decode";
import { CborTarget } from "../cbor/writer.ts";
import { compileSection } from "./section-codec.ts";
import { canonical } from "./testdata/canonical.ts";
import { Random } from "./testdata/random.ts";
import { randomSection } from "./testdata/random-section.ts";
import { WireBuffer } from "./wire-buffer.ts";

const decoder = new Decoder({ mapsAsObjects: true, useRecords: false });

test("random sections: both functions agree with the drawn values", () => {
  const random = new Random(1);
  const memory = new ArrayBuffer(1 << 16);
  const buffer = new WireBuffer(memory);
  const target = new CborTarget(new Uint8Array(1 << 18));
  let checked = 0;
  for (let i = 0; i < 1500; i++) {
    const { section, layout, lookups, frames, draw, source } = randomSection(random, "random");
    const codec = compileSection({ section, layout, lookups, frames, collector: "test" });
    for (let k = 0; k < 8; k++) {
      const { payload, expected } = draw(random);
      const at = 8 * random.below(100);
      const position = 1 + random.below(100);
      buffer.u8.set(payload, at);
      const wanted = canonical(expected);
      const decoded = canonical(codec.decode(buffer, at, payload.length));
      if (decoded !== wanted) expect(`${source}\n${decoded}`).toBe(wanted);
      const end = codec.write(buffer, at, payload.length, target, position);
      target.bytes[position - 1] = 0xa1; // a map of this one section
      const written = canonical(decoder.decode(target.bytes.slice(position - 1, end)));
      if (written !== `{random:${wanted}}`) expect(`${source}\n${written}`).toBe(wanted);
      checked++;
    }
  }
  expect(checked).toBe(12_000);
}, 120_000);

test("a target with too little room is never overrun", () => {
  const random = new Random(2);
  const buffer = new WireBuffer(new ArrayBuffer(1 << 14));
  for (let i = 0; i < 150; i++) {
    const { section, layout, lookups, frames, draw } = randomSection(random, "random");
    const codec = compileSection({ section, layout, lookups, frames, collector: "test" });
    const { payload } = draw(random);
    buffer.u8.set(payload);
    const large = new CborTarget(new Uint8Array(1 << 16));
    const size = codec.write(buffer, 0, payload.length, large, 0);
    for (const room of [0, 1, size >> 1, size - 1, size, size + 2000]) {
      const result = codec.write(buffer, 0, payload.length, new CborTarget(new Uint8Array(room)), 0);
      expect(result === size ? result <= room : result === -2).toBe(true);
    }
  }
}, 60_000);
