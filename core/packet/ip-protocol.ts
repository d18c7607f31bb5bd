/** IP protocol numbers, which are also the IPv6 next-header values, and their names (IANA protocol numbers). */

export const IP_PROTOCOL = {
  hopByHop: 0,
  icmp: 1,
  ipv4: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  routing: 43,
  fragment: 44,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  noNextHeader: 59,
  destinationOptions: 60,
  sctp: 132,
  mobility: 135,
  hip: 139,
  shim6: 140,
  experiment1: 253,
  experiment2: 254,
} as const;

/** Names as printed; not every named protocol is decoded. */
const NAMES: Readonly<Record<number, string>> = {
  1: "ICMP",
  2: "IGMP",
  4: "IPIP",
  6: "TCP",
  17: "UDP",
  27: "RDP",
  33: "DCCP",
  41: "IPv6",
  47: "GRE",
  50: "ESP",
  51: "AH",
  58: "ICMPv6",
  89: "OSPF",
  112: "VRRP",
  115: "L2TP",
  132: "SCTP",
  143: "Ethernet",
};

const TEXTS: readonly string[] = Array.from({ length: 256 }, (_, protocol) => {
  const name = NAMES[protocol];
  return name === undefined ? `(${protocol})` : `${name} (${protocol})`;
});

/** `TCP (6)`, or only `(99)` for a protocol without a name. */
export function protocolText(protocol: number): string {
  return TEXTS[protocol] ?? `(${protocol})`;
}
