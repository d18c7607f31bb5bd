import { describe, expect, test } from "bun:test";
import { Decoder } from "cbor-x/decode";
import type { StructLayout } from "../api/layout.ts";
import { defineSection, type Section } from "../api/section.ts";
import { Type, type TProperties } from "@sinclair/typebox";
import {
  EnumText,
  Bool,
  Bytes,
  Constant,
  CString,
  Group,
  I32,
  Integers,
  IpAddress,
  Ipv6,
  OptionalFrames,
  OptionalTextOf,
  TrailingGroup,
  Text,
  U16,
  U32,
  U64,
  U8,
  type When,
  wireKey,
  List,
  OptionalText,
} from "../api/wire.ts";
import { CborTarget } from "../cbor/writer.ts";
import { compileSection, type SectionCodec } from "./section-codec.ts";
import { array, chars, inner, s32, s8, struct, u16, u32, u64, u8 } from "./testdata/layout-builder.ts";
import { WireBuffer } from "./wire-buffer.ts";

const description = "Test";
const decoder = new Decoder({ mapsAsObjects: true, useRecords: false });

const sectionOf = (properties: TProperties) =>
  defineSection({ key: "test", summary: description, wire: "test", schema: Type.Object(properties) });

/** What both functions make of a payload; they must agree. */
function read(codec: SectionCodec, payload: Uint8Array): unknown {
  const buffer = new WireBuffer(new ArrayBuffer(2048));
  buffer.u8.set(payload, 16);
  const data = codec.decode(buffer, 16, payload.length);
  const target = new CborTarget(new Uint8Array(4096));
  const end = codec.write(buffer, 16, payload.length, target, 1);
  target.bytes[0] = 0xa1;
  expect(end < 0 ? undefined : decoder.decode(target.bytes.slice(0, end)).test).toEqual(data);
  return data;
}

const payloadOf = (size: number, fill: (view: DataView) => void): Uint8Array => {
  const bytes = new Uint8Array(size);
  fill(new DataView(bytes.buffer));
  return bytes;
};

describe("size", () => {
  const layout = struct("s", { len: u32, data: array(u8, 0) });
  const section = sectionOf({ data: Bytes({ description, length: "len" }) });
  const codec = compileSection({ section, layout, collector: "test" });
  const ofLength = (len: number, size: number) => payloadOf(size, (view) => view.setUint32(0, len, true));

  test("a payload without the fixed part is bad", () => {
    expect(read(codec, ofLength(0, 4))).toEqual({ data: new Uint8Array(0) });
    expect(read(codec, new Uint8Array(3))).toBeUndefined();
  });

  test("bytes are as many as the length says, and as are there", () => {
    expect(read(codec, ofLength(3, 12))).toEqual({ data: new Uint8Array(3) });
    expect(read(codec, ofLength(4_000_000_000, 12))).toEqual({ data: new Uint8Array(8) });
  });

  test("an array of fixed length at the end may be cut", () => {
    const fixed = compileSection({ section, layout: struct("s", { len: u32, data: array(u8, 64) }), collector: "test" });
    expect(read(fixed, ofLength(2, 6))).toEqual({ data: new Uint8Array(2) });
    expect(read(fixed, ofLength(100, 200))).toEqual({ data: new Uint8Array(64) });
    expect(read(fixed, new Uint8Array(3))).toBeUndefined();
  });

  test("a longer payload, from a newer hook, is fine", () => {
    const plain = compileSection({ section: sectionOf({ a: U32({ description }) }), layout: struct("s", { a: u32 }), collector: "test" });
    expect(
      read(
        plain,
        payloadOf(16, (view) => view.setUint32(0, 7, true)),
      ),
    ).toEqual({ a: 7 });
    expect(read(plain, new Uint8Array(2))).toBeUndefined();
  });
});

test("text: cut at NUL, whole without one, not UTF-8, a byte order mark", () => {
  const codec = compileSection({
    section: sectionOf({ a: CString({ description }) }),
    layout: struct("s", { a: chars(8) }),
    collector: "test",
  });
  const text = (hex: string) => read(codec, Uint8Array.fromHex(hex.padEnd(16, "0")));
  expect(text("6c6f00ff")).toEqual({ a: "lo" });
  expect(text("6162636465666768")).toEqual({ a: "abcdefgh" });
  expect(text("61ff62")).toEqual({ a: "a\ufffdb" });
  expect(text("")).toEqual({ a: "" });
  const buffer = new WireBuffer(Uint8Array.fromHex("efbbbf6100000000").buffer);
  expect(codec.decode(buffer, 0, 8)).toEqual({ a: "\ufeffa" });
});

test("a map of more than 23 properties that may be absent", () => {
  const properties = Array.from(
    { length: 40 },
    (_, i) => [`p${i}`, Constant(i, { description, when: { member: "a", mask: 2 ** (i % 32) } })] as const,
  );
  const codec = compileSection({ section: sectionOf(Object.fromEntries(properties)), layout: struct("s", { a: u32 }), collector: "test" });
  for (const mask of [0, 1, 0xffff_ffff])
    read(
      codec,
      payloadOf(4, (view) => view.setUint32(0, mask, true)),
    );
});

test("conditions name values of the member's enum", () => {
  const layout = struct("s", { form: { ...u8, kind: "enum", values: { ICMP: 3, GRE: 6 } } });
  const compile = (when: When) =>
    compileSection({ section: sectionOf({ a: Constant(true, { description, when }) }), layout, collector: "test" });
  const seen = (when: When, value: number) => (read(compile(when), Uint8Array.of(value)) as { readonly a?: boolean }).a;
  expect([3, 6].map((value) => seen({ member: "form", equals: "GRE" }, value))).toEqual([undefined, true]);
  expect([1, 4].map((value) => seen({ member: "form", mask: "GRE" }, value))).toEqual([undefined, true]);
  expect(() => compile({ member: "form", equals: "SCTP" })).toThrow('compares member "form" with SCTP, which its type does not have');
});

test("lookups are evaluated once for each value, volatile ones always; nothing is written for undefined", () => {
  let evaluated = 0;
  const name = (value: number) => {
    evaluated++;
    return value === 9000 ? undefined : `n${value}`;
  };
  const section = sectionOf({ a: Text({ description, lookup: "name" }) });
  const layout = struct("s", { a: s32 });
  const ask = (codec: SectionCodec, value: number) =>
    read(
      codec,
      payloadOf(4, (view) => view.setInt32(0, value, true)),
    );
  const cached = compileSection({ section, layout, lookups: { name }, collector: "test" });
  for (const value of [5, 5, -7, -7, 9000, 9000]) ask(cached, value);
  expect(evaluated).toBe(3);
  expect([ask(cached, 5), ask(cached, 9000)]).toEqual([{ a: "n5" }, {}]);
  const volatile = Object.assign((value: number) => name(value), { volatile: true });
  ask(compileSection({ section, layout, lookups: { name: volatile }, collector: "test" }), 5);
  expect(evaluated).toBe(5);
});

test("a number has the name of the kernel's enum; without one it is its own text; the enum is looked up when it is needed", () => {
  let asked = 0;
  const enums = (name: string) => {
    asked++;
    const values = ["S_ONE", "S_TWO", "OTHER", "S_LAST"].map((each, index) => ({ name: each, value: Math.min(index + 1, 3) }));
    return name === "state" ? values : undefined;
  };
  const section = sectionOf({
    a: EnumText({ description, enum: "state", prefix: "S_", lowerCase: true }),
    b: EnumText({ description, enum: "absent", member: "a" }),
  });
  const codec = compileSection({ section, layout: struct("s", { a: u32 }), enums, collector: "test" });
  expect(asked).toBe(0);
  const ask = (value: number) =>
    read(
      codec,
      payloadOf(4, (view) => view.setUint32(0, value, true)),
    );
  expect([1, 2, 3, 9, 1].map(ask)).toEqual([
    { a: "one", b: "1" },
    { a: "two", b: "2" },
    { a: "other", b: "3" },
    { a: "9", b: "9" },
    { a: "one", b: "1" },
  ]);
  expect(asked).toBe(2);
  const wide = { section, layout: struct("s", { a: u64 }), enums, collector: "test" };
  expect(() => compileSection(wide)).toThrow("more than 32 bits");
});

test("a list has an object for each struct of an array, as many as a member says", () => {
  const flow = inner({ id: u64, port: u16, flags: u8, kind: s8, name: chars(4) });
  const properties = {
    id: U64({ description }),
    port: U16({ description, bigEndian: true }),
    kind: I32({ description }),
    name: CString({ description }),
    special: Constant(true, { description, when: { member: "flags", mask: 2 } }),
    text: OptionalText({ description, lookup: "text", member: "kind" }),
    pair: Group({ port: U16({ description }) }, { description }),
  };
  const section = sectionOf({
    flows: List(properties, { description, length: "count" }),
    all: List({ a: U8({ description }), b: Integers({ description, format: "uint16" }) }, { description }),
    last: U32({ description }),
  });
  const pair = inner({ a: u8, b: array(u16, 2) });
  const layout = struct("s", { flows: array(flow, 3), all: array(pair, 2), last: u32, count: u8 });
  const lookups = { text: (value: number) => (value === -1 ? undefined : `t${value}`) };
  const codec = compileSection({ section, layout, lookups, collector: "test" });
  const at = (name: string) => layout.members.find((member) => member.name === name)!.offset;
  const payload = (count: number) =>
    payloadOf(layout.size, (view) => {
      for (let index = 0; index < 3; index++) {
        const start = at("flows") + index * flow.size;
        view.setBigUint64(start, index === 1 ? 2n ** 60n : BigInt(index), true);
        view.setUint16(start + 8, 0x0100 + index, false);
        view.setUint8(start + 10, index);
        view.setInt8(start + 11, -index);
        view.setUint8(start + 12, 0x61 + index);
      }
      view.setUint8(at("all") + pair.size, 7);
      view.setUint16(at("all") + pair.size + 4, 500, true);
      view.setUint32(at("last"), 77, true);
      view.setUint8(at("count"), count);
    });
  const flows = [
    { id: 0, port: 256, kind: 0, name: "a", text: "t0", pair: { port: 1 } },
    { id: 2n ** 60n, port: 257, kind: -1, name: "b", pair: { port: 257 } },
    { id: 2, port: 258, kind: -2, name: "c", special: true, text: "t-2", pair: { port: 513 } },
  ];
  const rest = {
    all: [
      { a: 0, b: [0, 0] },
      { a: 7, b: [0, 500] },
    ],
    last: 77,
  };
  for (const count of [0, 1, 3, 200]) expect(read(codec, payload(count))).toEqual({ flows: flows.slice(0, count), ...rest });
});

test("a list needs an array of structs whose members are aligned", () => {
  const compile = (type: Parameters<typeof array>[0], length = 2) =>
    compileSection({
      section: sectionOf({ a: List({ n: U32({ description }) }, { description }) }),
      layout: struct("s", { a: array(type, length) }),
      collector: "test",
    });
  expect(() => compile(u32)).toThrow("is not an array of structs of fixed length");
  expect(() => compile(inner({ n: u32 }), 0)).toThrow("is not an array of structs of fixed length");
  expect(() => compile(inner({ n: u32, m: u8 }, true))).toThrow("is packed");
});

test("a lookup by several members gets them exactly, and is evaluated for each event", () => {
  const seen: unknown[] = [];
  const name = (...key: readonly (number | bigint)[]) => {
    seen.push([...key]);
    return key[0] === 0 ? undefined : `t${seen.length}`;
  };
  const section = sectionOf({ a: OptionalTextOf({ description, lookup: "name", members: ["place", "handle"] }) });
  const layout = struct("s", { handle: u64, place: u32 });
  const codec = compileSection({ section, layout, keyLookups: { name }, collector: "test" });
  const one = codec.decode(new WireBuffer(Uint8Array.fromHex("ffffffffffffff7f0700000000000000").buffer), 0, 16);
  expect(one).toEqual({ a: "t1" });
  expect(codec.decode(new WireBuffer(Uint8Array.fromHex("feffffffffffffff0700000000000000").buffer), 0, 16)).toEqual({ a: "t2" });
  expect(read(codec, Uint8Array.fromHex("01000000000000000000000000000000"))).toEqual({});
  expect(seen).toEqual([
    [7, 0x7fff_ffff_ffff_ffffn],
    [7, 0xffff_ffff_ffff_fffen],
    [0, 1],
    [0, 1],
  ]);
  const same = compileSection({ section, layout, keyLookups: { name: () => "text" }, collector: "test" });
  for (const _ of [1, 2]) expect(read(same, Uint8Array.fromHex("01000000000000000700000000000000"))).toEqual({ a: "text" });
});

test("nothing that a decoded object holds changes with the buffer", () => {
  const layout = struct("s", { len: u32, name: chars(8), data: array(u8, 4) });
  const section = sectionOf({ name: CString({ description }), data: Bytes({ description, length: "len" }) });
  const codec = compileSection({ section, layout, collector: "test" });
  const buffer = new WireBuffer(Uint8Array.fromHex("04000000616263000000000001020304").buffer);
  const data = codec.decode(buffer, 0, 16);
  buffer.u8.fill(0xff);
  expect(data).toEqual({ name: "abc", data: Uint8Array.of(1, 2, 3, 4) });
});

test("texts one after the other at the end of the struct", () => {
  const section = sectionOf({
    a: CString({ description, member: "names", at: "first" }),
    b: CString({ description, member: "names", at: "second", when: { member: "second" } }),
  });
  const codec = compileSection({ section, layout: struct("s", { first: u8, second: u8, names: chars(0) }), collector: "test" });
  const long = "é".repeat(300);
  const sent = (first: number, second: number, text: string) => Uint8Array.from([first, second, ...Buffer.from(text)]);
  expect(read(codec, sent(0, 3, "ab\0cde\0"))).toEqual({ a: "ab", b: "cde" });
  expect(read(codec, sent(0, 0, "ab\0cd"))).toEqual({ a: "ab" });
  expect(read(codec, sent(3, 1, `\0x\0${long}`))).toEqual({ a: long, b: "x" });
  expect(read(codec, sent(0, 2, "ab"))).toEqual({ a: "ab", b: "" });
  expect(read(codec, sent(1, 200, "ab"))).toEqual({ a: "b", b: "" });
  expect(read(codec, sent(0, 0, ""))).toEqual({ a: "" });
});

test("an address of either version", () => {
  const section = sectionOf({ a: IpAddress({ description, version: "v" }) });
  const codec = compileSection({ section, layout: struct("s", { a: array(u8, 16), v: u8 }), collector: "test" });
  expect(read(codec, Uint8Array.fromHex("0a000001000000000000000000000000" + "04"))).toEqual({ a: "10.0.0.1" });
  expect(read(codec, Uint8Array.fromHex("0a000001000000000000000000000000" + "06"))).toEqual({ a: "a00:1::" });
});

test("a group that is sent only sometimes", () => {
  const section = sectionOf({ a: U8({ description }), g: TrailingGroup({ x: U16({ description }) }, { description, member: "g" }) });
  const codec = compileSection({ section, layout: struct("s", { a: u8, g: array(inner({ x: u16 }), 0) }), collector: "test" });
  expect(read(codec, Uint8Array.of(1, 0, 2, 3))).toEqual({ a: 1, g: { x: 0x302 } });
  expect(read(codec, Uint8Array.of(1, 0, 2))).toEqual({ a: 1 });
  expect(read(codec, Uint8Array.of(1, 0))).toEqual({ a: 1 });
  expect(read(codec, Uint8Array.of(1))).toBeUndefined();
});

describe("a section with its own decoder", () => {
  const codecOf = (decode: NonNullable<Section["decode"]>) => {
    const section = { ...sectionOf({ a: U64({ description }) }), decode };
    return compileSection({ section, layout: undefined, collector: "test" });
  };

  test("is written by its values, integers exact", () => {
    const value = { a: 2n ** 64n - 1n, b: -(2n ** 60n), c: ["x", { d: true }], e: Uint8Array.of(1) };
    expect(
      read(
        codecOf((payload) => ({ ...value, n: payload.length })),
        new Uint8Array(5),
      ),
    ).toEqual({ ...value, n: 5 });
  });

  test("may give up", () => {
    expect(
      read(
        codecOf(() => undefined),
        new Uint8Array(5),
      ),
    ).toBeUndefined();
  });
});

describe("what does not fit together is named at start", () => {
  const layout: StructLayout = struct("s", {
    a: u32,
    b: s32,
    wide: u64,
    text: chars(4),
    in: inner({ c: u8 }),
    list: array(u32, 2),
    address: array(u8, 16),
    groups: array(inner({ c: u8 }), 0),
    bytes: array(u8, 0),
  });
  const hand = (schema: object) => ({ ...schema, [wireKey]: { meaning: { kind: "boolean" }, member: "a", when: { member: "a" } } });
  const cases: readonly (readonly [string, TProperties, string])[] = [
    ["missing member", { x: U32({ description }) }, 'property "x" of section "test" reads member "x", which struct s does not have'],
    ["missing inner member", { x: U8({ description, member: "in.d" }) }, 'reads member "in.d", which struct s does not have'],
    [
      "missing member of a group",
      { g: Group({ d: U8({ description }) }, { description, member: "in" }) },
      'property "g.d" of section "test" reads member "d", which struct s.in does not have',
    ],
    ["group over an integer", { a: Group({}, { description, member: "a" }) }, 'is a group, but member "a" is not a struct'],
    [
      "too narrow",
      { a: U16({ description }) },
      'is uint16, but member "a" is an unsigned integer of 32 bits, which holds values out of its range',
    ],
    ["sign lost", { b: U64({ description }) }, 'is uint64, but member "b" is a signed integer of 32 bits'],
    ["sign too narrow", { a: I32({ description }) }, 'is int32, but member "a" is an unsigned integer of 32 bits'],
    ["integer from text", { text: U32({ description }) }, 'needs an integer, but member "text" is of kind char-array'],
    ["text from an integer", { a: CString({ description }) }, 'is text, but member "a" is not a char array'],
    [
      "group that may not be sent, but required",
      { in: Group({ c: U8({ description }) }, { description, member: "groups" }) },
      "so it must be optional; use TrailingGroup",
    ],
    ["address without version", { a: IpAddress({ description, member: "address", version: "v" }) }, 'reads member "v"'],
    [
      "address of either version, too short",
      { a: IpAddress({ description, version: "a" }) },
      'is an address of 16 bytes, but member "a" has 4 bytes',
    ],
    ["address of wrong size", { a: Ipv6({ description }) }, 'is an address of 16 bytes, but member "a" has 4 bytes'],
    ["list from an integer", { a: Integers({ description, format: "uint32" }) }, "is not an array of integers"],
    ["list too narrow", { list: Integers({ description, format: "uint8" }) }, "is uint8"],
    ["bytes from words", { list: Bytes({ description, length: "a" }) }, "is not an array of bytes"],
    ["bytes without length", { bytes: Bytes({ description, length: "n" }) }, 'reads member "n"'],
    ["signed length", { bytes: Bytes({ description, length: "b" }) }, "not an unsigned integer"],
    ["unknown lookup", { a: Text({ description, lookup: "nope" }) }, 'names lookup "nope", which the collector does not provide'],
    ["wide lookup", { wide: Text({ description, lookup: "name" }) }, "more than 32 bits"],
    [
      "stack trace of a collector",
      { list: OptionalFrames({ description, length: "a" }) },
      "is a stack trace, which only sections of core can have",
    ],
    [
      "unknown key lookup",
      { a: OptionalTextOf({ description, lookup: "nope", members: ["a"] }) },
      'names key lookup "nope", which the collector',
    ],
    ["key lookup of a list", { a: OptionalTextOf({ description, lookup: "name", members: ["list"] }) }, "needs an integer"],
    ["place in a text of fixed length", { text: CString({ description, at: "a" }) }, "not a char array without a length"],
    ["condition on nothing", { a: Bool({ description, when: { member: "y" } }) }, 'reads member "y"'],
    ["condition but required", { a: hand(Type.Boolean()) as never }, "has a condition, so it must be optional"],
    ["group omitted for zero", { g: Group({}, { description, omitZero: true }) }, "is a group, which cannot be omitted"],
    ["constant omitted for zero", { g: Constant(1, { description, omitZero: true }) }, "is a constant without a member"],
    ["no wire type", { a: Type.Integer() }, "does not say how it is read"],
    ["name", { "a-b": U32({ description, member: "a" }) }, "not snake_case"],
  ];

  test.each(cases)("%s", (_, properties, message) => {
    const compile = () =>
      compileSection({
        section: sectionOf(properties),
        layout,
        lookups: { name: String },
        keyLookups: { name: String },
        collector: "mine",
      });
    expect(compile).toThrow(message);
    expect(compile).toThrow('Cannot use collector "mine": property "');
  });
});
