import { expect, test } from "bun:test";
import { packetFactsOf } from "./packet-facts.ts";

const ethernet = "02000000000b02000000000a";

function facts(hex: string) {
  const bytes = Uint8Array.fromHex(`${ethernet}${hex}`.replaceAll(" ", ""));
  return packetFactsOf(bytes, bytes.length);
}

test("an ICMP error is examined, not the packet that it quotes", () => {
  const quoted = "45000028 0000 0000 4006 0000 0a000002 0a000103 9c40 0050 00000001";
  const error = facts(`0800 45000038 0000 0000 4001 0000 0a000001 0a000002 0301 0000 00000000 ${quoted}`);
  expect(error).toMatchObject({ source: "10.0.0.1", destination: "10.0.0.2", protocol: 1 });
  expect(error?.sourcePort).toBeUndefined();
});

test("ports are found after extension headers", () => {
  const udp = "14e9 0035 0008 0000";
  expect(facts(`86dd 60000000 0010 3c40 ${"00".repeat(15)}01 ${"00".repeat(15)}02 1100010400000000 ${udp}`)).toMatchObject({
    ...{ version: 6, source: "::1", destination: "::2", protocol: 17, sourcePort: 5353, destinationPort: 53 },
  });
});

test("of TCP, whether a connection begins", () => {
  const segment = (flags: string) =>
    facts(`0800 45000028 0000 0000 4006 0000 0a000001 0a000002 9c40 0050 00000001 00000000 50${flags} 0200 0000 0000`);
  expect(["02", "12", "10", "11", "04"].map((flags) => segment(flags)?.opensConnection)).toEqual([true, false, false, false, false]);
});

test("of a tunnel's packet, the outer one is what the host routes and delivers", () => {
  const inner = "45000028 0000 0000 4006 0000 0a000002 0a000103 9c40 0050 00000001";
  const gre = facts(`0800 45000044 0000 0000 402f 0000 0a320001 0a320002 00000800 ${inner}`);
  expect(gre).toMatchObject({ source: "10.50.0.1", destination: "10.50.0.2", protocol: 47 });
  expect(gre?.destinationPort).toBeUndefined();
  const ethernet = "020000000002 020000000001 0800";
  const vxlan = facts(`0800 45000066 0000 0000 4011 0000 0a320001 0a320002 9c40 12b5 0052 0000 08000000 00000500 ${ethernet} ${inner}`);
  expect(vxlan).toMatchObject({ destination: "10.50.0.2", protocol: 17, destinationPort: 4789 });
});
