import { expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { frameOf } from "./ethernet-frame.ts";
import { snapLength } from "./pcapng.ts";

const addresses = "02000000000b02000000000a";
const tag = { proto: 0x8100, pcp: 3, dei: true, vid: 123 };

test("a tag beside the packet is put back, in front of the tags that the packet has", () => {
  const data = bytesFromHex(`${addresses}8100 0005 0800 45`);
  const frame = frameOf({ len: 100, data }, { vlan_accel: { ...tag, proto: 0x88a8 } });
  expect(frame?.data.toHex()).toBe(`${addresses}88a8707b81000005080045`);
  expect(frame?.length).toBe(104);
});

test("without a tag, or cut within the addresses, the bytes are those of the packet", () => {
  const data = bytesFromHex(addresses);
  expect(frameOf({ len: 60, data }, undefined)).toEqual({ data, length: 60 });
  expect(frameOf({ len: 60, data }, { meta: {} })).toEqual({ data, length: 60 });
  expect(frameOf({ len: 60, data: data.subarray(1) }, { vlan_accel: tag })).toEqual({ data: data.subarray(1), length: 60 });
});

test("no packet, no frame", () => {
  expect(frameOf(undefined, { vlan_accel: tag })).toBeUndefined();
  expect(frameOf({ len: 60 }, undefined)).toBeUndefined();
});

test("data and length stay within what a capture can hold", () => {
  const data = new Uint8Array(snapLength);
  const frame = frameOf({ len: 1, data }, { vlan_accel: tag });
  expect([frame?.data.length, frame?.length]).toEqual([snapLength, snapLength + 4]);
  for (const len of [1, -1, 1.5, 2 ** 32, "60"]) expect(frameOf({ len, data }, undefined)?.length).toBe(snapLength);
});
