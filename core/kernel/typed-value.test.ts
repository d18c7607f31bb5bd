import { describe, expect, test } from "bun:test";
import type { MapValue } from "../api/run.ts";
import type { MemberType } from "../api/layout.ts";
import { cannotCompile, compileBtf } from "../../test/support/compile-c.ts";
import type { Btf } from "./btf.ts";
import { mapDefinition } from "./map-definition.ts";
import { readTyped, writeTyped } from "./typed-value.ts";

const source = `
#include <retis/hook.h>
enum colour { RED, BLUE = 7 };
struct inner { s16 low; u8 mac[6]; };
struct value {
	u64 count; s64 change; u32 id; u16 small; u8 flags; bool on;
	u32 nibble : 4; s32 sign : 5; u32 rest : 20;
	char name[8]; u16 ports[3]; struct inner inner; enum colour colour; void *address;
};
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 16); __type(key, u32); __type(value, struct value); } plain SEC(".maps");
struct { __uint(type, 10); __uint(max_entries, 16); __type(key, struct inner); __type(value, u64); } counts SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } ring SEC(".maps");
`;

const full = {
  count: 18446744073709551615n,
  change: -5,
  id: 4294967295,
  small: 7,
  flags: 255,
  on: true,
  nibble: 15,
  sign: -16,
  rest: 1048575,
  name: "eth0",
  ports: [1, 2, 65535],
  inner: { low: -32768, mac: Uint8Array.of(1, 2, 3, 4, 5, 6) },
  colour: 7,
  address: 18446744071562067968n,
};

/** Written and read again, between other bytes. */
function again(type: MemberType, value: MapValue): MapValue {
  const view = new DataView(new ArrayBuffer(type.size + 16));
  writeTyped(type, view, 8, value, "value");
  expect([view.getBigUint64(0), view.getBigUint64(type.size + 8)]).toEqual([0n, 0n]);
  return readTyped(type, view, 8);
}

describe.skipIf(cannotCompile !== undefined)("values of C types (needs clang)", () => {
  const btf: Btf = cannotCompile === undefined ? compileBtf({ source: { text: source } }) : undefined!;
  const type = btf && mapDefinition(btf, "plain")!.value;

  test("what an object says of its maps", () => {
    expect(mapDefinition(btf, "plain")).toMatchObject({ key: { kind: "uint", size: 4 }, value: { kind: "struct" }, perCpu: false });
    expect(mapDefinition(btf, "counts")).toMatchObject({ key: { kind: "struct", size: 8 }, value: { size: 8 }, perCpu: true });
    expect(mapDefinition(btf, "ring")).toBeUndefined();
    expect(mapDefinition(btf, "absent")).toBeUndefined();
  });

  test("all kinds of members, at their limits, are read as they were written", () => {
    expect(again(type, full)).toEqual(full);
  });

  test("members that are left out are zero", () => {
    expect(again(type, { id: 3 })).toEqual({
      ...{ count: 0, change: 0, id: 3, small: 0, flags: 0, on: false, nibble: 0, sign: 0, rest: 0, name: "", ports: [0, 0, 0] },
      ...{ inner: { low: 0, mac: new Uint8Array(6) }, colour: 0, address: 0 },
    });
  });

  test.each<[string, MapValue, string]>([
    ["too large", { small: 65536 }, "value.small takes unsigned integers of 16 bits, not 65536"],
    ["negative", { id: -1 }, "value.id takes unsigned integers of 32 bits"],
    ["too large for a bitfield", { sign: 16 }, "value.sign takes signed integers of 5 bits"],
    ["not exact", { count: 2 ** 60 }, "value.count is not an integer"],
    ["a text", { id: "3" }, "value.id is not an integer"],
    ["too long", { name: "enp0s31f6" }, 'value.name takes 8 bytes, "enp0s31f6" has 9'],
    ["too many", { ports: [1, 2, 3, 4] }, "value.ports has 3 elements, not 4"],
    ["too short", { inner: { mac: Uint8Array.of(1) } }, "value.inner.mac has 6 bytes, not 1"],
    ["unknown", { weight: 1 }, "value has no member weight"],
    ["no struct", 5, "value is not an object"],
  ])("refused: %s", (_name, value, message) => {
    expect(() => again(type, value)).toThrow(message);
  });
});
