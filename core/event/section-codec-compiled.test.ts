/** Random structs compiled by clang: their BTF must give the layout that the drawn payloads have. */
import { expect, test } from "bun:test";
import { Decoder } from "cbor-x/decode";
import { cannotCompile, compileBtf } from "../../test/support/compile-c.ts";
import { CborTarget } from "../cbor/writer.ts";
import type { Btf } from "../kernel/btf.ts";
import { structLayout } from "../kernel/struct-layout.ts";
import { compileSection } from "./section-codec.ts";
import { canonical } from "./testdata/canonical.ts";
import { Random } from "./testdata/random.ts";
import { randomSection } from "./testdata/random-section.ts";
import { WireBuffer } from "./wire-buffer.ts";

const types = ["8:char", "16:short", "32:int", "64:long long"].map((entry) => {
  const [bits, name] = entry.split(":");
  return `typedef unsigned ${name} u${bits}; typedef signed ${name} s${bits};`;
});

/** The BTF of structs given as C source; `u8` … `s64` are known to it. */
function compileStructs(structs: readonly { readonly name: string; readonly source: string }[]): Btf {
  const uses = structs.map(({ name }) => `struct ${name} *use_${name};`);
  return compileBtf({ source: { text: [...types, ...structs.map(({ source }) => source), ...uses].join("\n") } });
}

test.skipIf(cannotCompile !== undefined)(
  `codecs from the BTF of compiled structs ${cannotCompile ?? ""}`,
  () => {
    const random = new Random(3);
    const samples = Array.from({ length: 250 }, (_, i) => ({ name: `s${i}`, ...randomSection(random, `s${i}`) }));
    const btf = compileStructs(samples);
    const buffer = new WireBuffer(new ArrayBuffer(1 << 14));
    const target = new CborTarget(new Uint8Array(1 << 17));
    const decoder = new Decoder({ mapsAsObjects: true, useRecords: false });
    for (const { name, section, lookups, frames, draw, source, layout } of samples) {
      const compiled = structLayout(btf, name)!;
      expect([compiled.size, source]).toEqual([layout.size, source]);
      const codec = compileSection({ section, layout: compiled, lookups, frames, collector: "test" });
      for (let k = 0; k < 5; k++) {
        const { payload, expected } = draw(random);
        buffer.u8.set(payload, 8);
        const decoded = codec.decode(buffer, 8, payload.length);
        if (canonical(decoded) !== canonical(expected)) expect(`${source}\n${canonical(decoded)}`).toBe(canonical(expected));
        const end = codec.write(buffer, 8, payload.length, target, 1);
        target.bytes[0] = 0xa1;
        expect(canonical(decoder.decode(target.bytes.slice(0, end)))).toBe(canonical({ random: expected }));
      }
    }
  },
  60_000,
);
