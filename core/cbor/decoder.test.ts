import { expect, setDefaultTimeout, test } from "bun:test";
import { Decoder } from "cbor-x/decode";
import { edgeIntegers, randomEvents } from "../../test/cases/files/sample-events.ts";
import { Random } from "../../test/support/random.ts";
import { u64FromBigInt } from "../api/event.ts";
import { encodeItem } from "./encode-item.ts";
import { CborDecoder } from "./decoder.ts";
import { ItemError } from "./item-error.ts";
import { itemEnd, lastItemEnd } from "./item-end.ts";

setDefaultTimeout(60_000);

const reference = new Decoder({ useRecords: false, mapsAsObjects: true });

function decode(bytes: Uint8Array): unknown {
  const decoder = new CborDecoder();
  decoder.setBytes(bytes, bytes.length);
  return decoder.decode(0);
}

/** cbor-x gives a bigint for every 64-bit head and a Buffer-like array for bytes; bring both to the event model. */
function canonical(value: unknown): unknown {
  if (typeof value === "bigint") return u64FromBigInt(value);
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, canonical(member)]));
}

test("2,000 random events decode as cbor-x decodes them", () => {
  const decoder = new CborDecoder();
  const events = randomEvents(99, 2000);
  const bytes = new Uint8Array(Buffer.concat(events.map(encodeItem)));
  decoder.setBytes(bytes, bytes.length);
  let at = 0;
  for (const event of events) {
    const decoded = decoder.decode(at);
    expect(itemEnd(bytes, at, bytes.length)).toBe(decoder.position);
    expect(decoded).toEqual(canonical(reference.decode(bytes.slice(at, decoder.position))));
    expect(decoded).toEqual(event);
    at = decoder.position;
  }
  expect(at).toBe(bytes.length);
  expect(lastItemEnd(bytes, 0, bytes.length)).toBe(bytes.length);
});

test("integers stay exact at every length of head", () => {
  for (const integer of edgeIntegers) expect(decode(encodeItem(integer))).toBe(integer);
});

// Appendix A of RFC 8949, as far as event files may use it.
test.each([
  ["f90000", 0],
  ["f93c00", 1],
  ["f97bff", 65504],
  ["f90001", 2 ** -24],
  ["f9c400", -4],
  ["f97c00", Infinity],
  ["fa47c35000", 100000],
  ["fb3ff199999999999a", 1.1],
  ["3bffffffffffffffff", -18446744073709551616n],
  ["f4", false],
  ["f6", null],
  ["40", new Uint8Array(0)],
  ["64f0908591", "\u{10151}"],
  ["826161a161626163", ["a", { b: "c" }]],
])("%s is decoded as in the RFC", (hex, value) => {
  expect(decode(Uint8Array.fromHex(hex))).toEqual(value as never);
});

test.each(["c0", "d9d9f7a0", "5f", "9f", "bf", "1c", "f8", "f0", "a10102"])("%s is refused", (hex) => {
  expect(() => decode(Uint8Array.fromHex(hex))).toThrow(ItemError);
});

test("damaged items end where decoding says, or are refused for the same reason", () => {
  const random = new Random(11);
  const outcome = (read: () => unknown) => {
    try {
      return read();
    } catch (error) {
      expect(error).toBeInstanceOf(ItemError);
      return (error as ItemError).kind;
    }
  };
  const seen = new Map<unknown, number>();
  for (const event of randomEvents(12, 3000)) {
    const bytes = encodeItem(event);
    for (let i = random.below(4); i > 0; i--) bytes[random.below(bytes.length)] = random.below(256);
    const end = random.once(5) ? random.below(bytes.length) : bytes.length;
    const decoder = new CborDecoder();
    decoder.setBytes(bytes, end);
    const decoded = outcome(() => {
      decoder.decode(0);
      return decoder.position;
    });
    expect(outcome(() => itemEnd(bytes, 0, end))).toBe(decoded as never);
    const kind = typeof decoded === "number" ? "whole" : decoded;
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
  }
  for (const kind of ["whole", "incomplete", "malformed"]) expect(seen.get(kind)).toBeGreaterThan(100);
});

test("over-deep nesting and forged lengths are refused without using stack or memory", () => {
  const deep = new Uint8Array(100_000).fill(0x81);
  expect(() => decode(deep)).toThrow("nested deeper than 64 levels");
  expect(() => itemEnd(deep, 0, deep.length)).toThrow("nested deeper than 64 levels");
  for (const hex of ["9bffffffffffffffff", "bb7fffffffffffffff", "5b0000ffffffffffff", "7a80000000"]) {
    expect(() => decode(Uint8Array.fromHex(hex))).toThrow("cut short");
    expect(() => itemEnd(Uint8Array.fromHex(hex), 0, hex.length / 2)).toThrow("cut short");
  }
});

test("a key named __proto__ is an ordinary property, also in learned maps", () => {
  const bytes = encodeItem(JSON.parse('{"__proto__":1,"a":2}'));
  const decoder = new CborDecoder();
  decoder.setBytes(bytes, bytes.length);
  for (let i = 0; i < 100; i++)
    expect(Object.entries(decoder.decode(0) as object)).toEqual([
      ["__proto__", 1],
      ["a", 2],
    ]);
});

test("invented keys and texts are decoded without being kept", () => {
  const decoder = new CborDecoder();
  for (let i = 0; i < 20_000; i++) {
    const bytes = encodeItem({ [`key${i}`]: { [`inner${i}`]: `text${i}` } });
    decoder.setBytes(bytes, bytes.length);
    expect(decoder.decode(0)).toEqual({ [`key${i}`]: { [`inner${i}`]: `text${i}` } });
  }
});

test("keys that are not wanted are left out, whatever they hold, in learned maps too", () => {
  const values = [...edgeIntegers, "text".repeat(80), new Uint8Array(300), { a: [{ b: [] }, 1.5, true] }, {}, Array(30).fill({ c: -1 })];
  const decoder = new CborDecoder(new Set(["kept", "last"]));
  for (let i = 0; i < 200; i++) {
    const bytes = encodeItem({ kept: { left: i, unwanted: i }, left: values[i % values.length], last: i });
    decoder.setBytes(bytes, bytes.length);
    expect(decoder.decode(0)).toEqual({ kept: { left: i, unwanted: i }, last: i });
    expect(decoder.position).toBe(bytes.length);
    decoder.setBytes(bytes, bytes.length - 1);
    expect(() => decoder.decode(0)).toThrow("cut short");
  }
});

test.each(["c0", "1c", "5f", "fc"])("%s is refused where it is not wanted", (hex) => {
  const bytes = Uint8Array.fromHex(`a1 61 61 ${hex}`.replaceAll(" ", ""));
  const decoder = new CborDecoder(new Set());
  decoder.setBytes(bytes, bytes.length);
  expect(() => decoder.decode(0)).toThrow(ItemError);
});

test("learned maps decode alike: cut anywhere, with other keys, other types and in other orders", () => {
  const event = (i: number) => ({
    common: { timestamp: i * 2 ** 33, task: { pid: i, comm: `task${i % 5}` } },
    packet: { len: 60, data: new Uint8Array(60).fill(i) },
  });
  // Longer than the margin at the end of a chunk, where learned readers are not used.
  const filling = new Uint8Array(5000);
  const decoder = new CborDecoder();
  for (let i = 0; i < 100; i++) {
    const bytes = Buffer.concat([encodeItem(event(i)), filling]);
    decoder.setBytes(bytes, bytes.length);
    expect(decoder.decode(0)).toEqual(event(i));
  }
  const { common, packet } = event(7);
  const others = [
    { common: { timestamp: 18446612682070000128n, task: "none" }, packet },
    { common: { task: common.task, timestamp: "late" }, packet: { len: -1, data: "text" } },
    { packet, common },
    { common, packet, dev: { name: "x".repeat(30), ifindex: 1.5 } },
    { common: { timestamp: 1, task: { pid: [1], comm: "x".repeat(300) } }, packet: { len: null, data: new Uint8Array(300) } },
    { common, packet: { len: 1, data: { packet: {} } } },
  ];
  for (const other of others) {
    const bytes = encodeItem(other);
    const padded = Buffer.concat([bytes, filling]);
    decoder.setBytes(padded, padded.length);
    expect(decoder.decode(0)).toEqual(other);
    for (let cut = 0; cut < bytes.length; cut++) {
      const late = Buffer.concat([filling, bytes.subarray(0, cut)]);
      decoder.setBytes(late, late.length);
      expect(() => decoder.decode(filling.length)).toThrow("cut short");
    }
  }
});

test("an item longer than the margin that is cut within learned maps is found incomplete", () => {
  const decoder = new CborDecoder();
  const item = (i: number) => ({
    lists: Array.from({ length: 200 }, (_, n) => ({ name: `name${n}`, number: n * i, bytes: new Uint8Array(20) })),
  });
  for (let i = 0; i < 3; i++) {
    const bytes = encodeItem(item(i));
    decoder.setBytes(bytes, bytes.length);
    expect(decoder.decode(0)).toEqual(item(i));
  }
  const bytes = encodeItem(item(1 << 20));
  for (let cut = bytes.length - 400; cut < bytes.length; cut++) {
    decoder.setBytes(bytes, cut);
    expect(() => decoder.decode(0)).toThrow("cut short");
  }
});
