import { expect, test } from "bun:test";
import { randomEvents } from "../../test/cases/files/sample-events.ts";
import type { Event } from "../api/event.ts";
import { encodeItem } from "../cbor/encode-item.ts";
import { CborToJson } from "./cbor-to-json.ts";
import { eventToJson } from "./json.ts";

/** What a converter makes of events, with lines handed on in pieces of at most `size` bytes. */
function lines(events: readonly unknown[], size = 4096): { readonly text: string; readonly counted: number } {
  const bytes = Buffer.concat(events.map(encodeItem));
  const pieces: Buffer[] = [];
  let counted = 0;
  new CborToJson(size).convert(bytes, bytes.length, (piece, end, count) => {
    pieces.push(Buffer.from(piece.subarray(0, end)));
    counted += count;
  });
  return { text: Buffer.concat(pieces).toString("utf8"), counted };
}

const expected = (events: readonly unknown[]) => events.map((event) => `${eventToJson(event as Event)}\n`).join("");

test("random events give the lines that objects give, whatever the room", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const events = randomEvents(seed, 50);
    for (const size of [1, 100, 1000, 1 << 20]) expect(lines(events, size)).toEqual({ text: expected(events), counted: 50 });
  }
});

test("integers of every size, and bytes and text of every length", () => {
  const integers = [0, 23, 24, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, 2n ** 63n, 2n ** 64n - 1n];
  const negative = [-1, -24, -25, -256, -257, -(2 ** 31), -(2 ** 32) - 1, Number.MIN_SAFE_INTEGER, -(2n ** 63n)];
  const texts = Array.from({ length: 300 }, (_, length) =>
    'äx"\\\n\u0001\u007f€😀'
      .repeat(40)
      .slice(0, length)
      .replace(/[\ud800-\udbff]$/, ""),
  );
  const bytes = Array.from({ length: 300 }, (_, length) => Uint8Array.from({ length }, (_, at) => at * 7));
  const controls = String.fromCharCode(...Array.from({ length: 128 }, (_, code) => code));
  const event = {
    integers: { all: [...integers, ...negative] },
    texts: { texts, controls },
    bytes: { bytes },
    empty: { map: {}, list: [] },
  };
  expect(lines([event, event])).toEqual({ text: expected([event, event]), counted: 2 });
});

test("what records do not have is converted as an object", () => {
  const deep = JSON.parse(`${'{"a":'.repeat(40)}1${"}".repeat(40)}`) as object;
  const events = [
    { a: { x: 1.5, y: true, z: false, none: null } },
    { b: { x: undefined, y: 1 } },
    { c: deep },
    { d: { x: -(2n ** 64n) + 1n } },
  ];
  expect(lines(events)).toEqual({ text: expected(events), counted: 4 });
});

test("sections that recur, alone and inside others, are those of their event, whatever the room", () => {
  const names = Array.from({ length: 40 }, (_, kind) => "x".repeat(kind * 11));
  const maps = names.flatMap((name, kind) => [{ name }, { name, kind }, { name, kind: String(kind) }, { kind, inner: { name } }]);
  // Few maps at a time, all of them in the end; keys of which many have the same hash.
  const events = Array.from({ length: 4000 }, (_, at) => {
    const map = maps[((at >> 5) + ((at * 7) % 3)) % maps.length];
    return { common: { at, task: map }, [`key${at % 100}`]: map, other: { map, twice: [map, map] } };
  });
  const bytes = Buffer.concat(events.map(encodeItem));
  for (const size of [700, 4096, 1 << 20]) {
    const converter = new CborToJson(size);
    for (let round = 0; round < 2; round++) {
      let text = "";
      converter.convert(bytes, bytes.length, (piece, end) => {
        text += Buffer.from(piece.subarray(0, end)).toString("latin1");
      });
      expect(text === expected(events)).toBe(true);
    }
  }
});
