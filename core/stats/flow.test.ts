import { expect, test } from "bun:test";
import { flowOf } from "./flow.ts";

const addresses = "02000000000b 02000000000a";
const tcp = "9c40 0050 00000001 00000000 5002 ffff 0000 0000";

function flow(hex: string): string | undefined {
  return flowOf(Uint8Array.fromHex(hex.replaceAll(" ", "")));
}

test.each([
  ["TCP", `${addresses} 0800 45000028 0000 0000 4006 0000 0a000001 0a000002 ${tcp}`, "10.0.0.1.40000 > 10.0.0.2.80 TCP (6)"],
  [
    "VLAN, ICMP",
    `${addresses} 8100 0007 0800 4500001c 0000 0000 4001 0000 0a000001 0a000002 0800 0000 00000000`,
    "10.0.0.1 > 10.0.0.2 ICMP (1)",
  ],
  ["a later fragment", `${addresses} 0800 45000028 0000 0010 4011 0000 0a000001 0a000002 ${tcp}`, "10.0.0.1 > 10.0.0.2 UDP (17)"],
  [
    "the inner packet of IP in IP",
    `${addresses} 0800 4500003c 0000 0000 4004 0000 0a000001 0a000002 45000028 0000 0000 4006 0000 0a000103 0a000104 ${tcp}`,
    "10.0.1.3.40000 > 10.0.1.4.80 TCP (6)",
  ],
  ["IPv6", `${addresses} 86dd 60000000 0014 0640 ${"0".repeat(31)}1 ${"0".repeat(31)}2 ${tcp}`, "::1.40000 > ::2.80 TCP (6)"],
  [
    "IPv6 with extension headers",
    `${addresses} 86dd 60000000 001c 3c40 ${"0".repeat(31)}1 ${"0".repeat(31)}2 06000104 00000000 ${tcp}`,
    "::1.40000 > ::2.80 TCP (6)",
  ],
  [
    "an ICMP error, not the packet that it quotes",
    `${addresses} 0800 45000038 0000 0000 4001 0000 0a000001 0a000002 0301 0000 00000000 45000028 0000 0000 4006 0000 0a000002 0a000103 9c40 0050 00000001`,
    "10.0.0.1 > 10.0.0.2 ICMP (1)",
  ],
  ["ARP", `${addresses} 0806 0001 0800 06 04 0001 02000000000a 0a002a01 000000000000 0a002a02`, "10.0.42.1 > 10.0.42.2 ARP"],
  ["neither", `${addresses} 88cc 0000`, undefined],
])("%s", (_, hex, text) => expect(flow(hex)).toBe(text!));
