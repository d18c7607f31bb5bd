import { expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { DecodeState } from "./decode-state.ts";
import type { DecodeStatus, LayerName } from "./decode-status.ts";
import { nextByEthertype, nextByLinkType, nextByProtocol, nextByVersion, nextInTunnel } from "./next-layer.ts";

/** What follows: a layer's name, or how the packet ends. */
function follow(step: (state: DecodeState) => void, hex = ""): LayerName | DecodeStatus {
  const state = new DecodeState(bytesFromHex(hex));
  step(state);
  return state.next ?? state.status;
}

test("nextByLinkType knows VLAN tags besides network layers; nextByEthertype does not", () => {
  expect(follow((state) => nextByLinkType(state, 0x8100))).toBe("vlan");
  expect(follow((state) => nextByLinkType(state, 0x88e5))).toBe("macsec");
  expect(follow((state) => nextByEthertype(state, 0x8100))).toEqual({ kind: "unsupported", what: "ethertype", value: 0x8100 });
});

test("nextInTunnel knows Ethernet frames", () => {
  expect(follow((state) => nextInTunnel(state, 0x6558))).toBe("ethernet");
  expect(follow((state) => nextInTunnel(state, 0x8035))).toBe("arp");
});

test("nextByProtocol knows transports, IPsec and tunnels", () => {
  const names = [1, 4, 6, 17, 41, 47, 50, 51, 58, 132].map((protocol) => follow((state) => nextByProtocol(state, protocol)));
  expect(names).toEqual(["icmp", "ipv4", "tcp", "udp", "ipv6", "gre", "esp", "ah", "icmpv6", "sctp"]);
  expect(follow((state) => nextByProtocol(state, 2))).toEqual({ kind: "unsupported", what: "protocol", value: 2 });
});

test("nextByVersion looks at the first four bits", () => {
  expect(follow(nextByVersion, "45")).toBe("ipv4");
  expect(follow(nextByVersion, "60")).toBe("ipv6");
  expect(follow(nextByVersion, "f0")).toEqual({ kind: "unsupported", what: "ip-version", value: 15 });
  expect(follow(nextByVersion)).toEqual({ kind: "truncated", at: "ipv4" });
});
