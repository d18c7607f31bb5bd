import { expect, test } from "bun:test";
import { canMatch, type RuledPacket } from "./rule-match.ts";

const packet = {
  version: 4,
  source: "10.0.50.1",
  destination: "10.0.50.2",
  protocol: 17,
  destinationPort: 7000,
  ttl: 64,
  length: 60,
  dontFragment: false,
} as const;
const ruled: RuledPacket = { packet, device: "s0", isForUs: true };

test.each([
  "drop",
  "udp dport 7000 counter packets 1 bytes 40 drop",
  "udp dport { 53, 6999-7001 } drop",
  "udp dport != 22 drop",
  "udp dport @blocked drop",
  "ip saddr 10.0.0.0/8 drop",
  "ip saddr != 192.168.0.0/16 drop",
  "ip daddr 10.0.50.2 udp dport 7000 drop",
  'iifname "s0" drop',
  'iifname "s*" drop',
  "meta l4proto udp drop",
  "ct state invalid drop",
  "-A INPUT -s 10.0.50.0/24 -p udp -m udp --dport 7000 -j DROP",
  "-A INPUT ! -s 192.168.0.0/16 -j DROP",
  "-A INPUT -i s+ -j DROP",
  "-A INPUT -p udp -m multiport --dports 53,6000:8000 -j DROP",
])("%p can have dropped it", (rule) => {
  expect(canMatch(rule, "input", ruled)).toBe(true);
});

test.each([
  "udp dport 7001 drop",
  "udp dport { 53, 7001-7010 } drop",
  "tcp dport 7000 drop",
  "icmp type echo-request drop",
  "meta l4proto tcp drop",
  "ip saddr 192.168.0.0/16 drop",
  "ip daddr 10.0.50.20 drop",
  "ip6 saddr fd00::/8 drop",
  'iifname "eth0" drop',
  "-A INPUT -s 192.168.0.0/16 -j DROP",
  "-A INPUT -p tcp -m tcp --dport 7000 -j DROP",
  "-A INPUT -p udp -m udp --dport 7001 -j DROP",
  "-A INPUT -i eth0 -j DROP",
])("%p cannot have dropped it", (rule) => {
  expect(canMatch(rule, "input", ruled)).toBe(false);
});

test("what is for this host is not forwarded, and what is forwarded is not for it", () => {
  expect(canMatch("policy drop", "forward", ruled)).toBe(false);
  expect(canMatch("policy drop", "forward", { ...ruled, isForUs: false })).toBe(true);
  expect(canMatch("policy drop", "input", { ...ruled, isForUs: false })).toBe(false);
  expect(canMatch("policy drop", undefined, { ...ruled, isForUs: false })).toBe(true);
});

test("on its way out, a packet may have come from another device; without one or without a packet all rules can match", () => {
  expect(canMatch('iifname "eth0" drop', "output", ruled)).toBe(true);
  expect(canMatch("udp dport 7001 drop", "input", { packet: undefined, device: undefined, isForUs: undefined })).toBe(true);
});
