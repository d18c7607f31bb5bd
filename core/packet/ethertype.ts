/** Ethertypes and their names (IEEE 802 numbers, linux/if_ether.h). */

export const ETHERTYPE = {
  ipv4: 0x0800,
  arp: 0x0806,
  transparentEthernet: 0x6558,
  reverseArp: 0x8035,
  vlan: 0x8100,
  ipv6: 0x86dd,
  mplsUnicast: 0x8847,
  mplsMulticast: 0x8848,
  serviceVlan: 0x88a8,
  macsec: 0x88e5,
  oldServiceVlan: 0x9100,
} as const;

/** Names as printed; not every named ethertype is decoded. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [ETHERTYPE.ipv4, "IPv4"],
  [ETHERTYPE.arp, "ARP"],
  [ETHERTYPE.transparentEthernet, "TEB"],
  [ETHERTYPE.reverseArp, "Reverse ARP"],
  [0x809b, "Appletalk"],
  [0x80f3, "Appletalk ARP"],
  [ETHERTYPE.vlan, "802.1Q"],
  [ETHERTYPE.ipv6, "IPv6"],
  [0x880b, "PPP"],
  [ETHERTYPE.mplsUnicast, "MPLS unicast"],
  [ETHERTYPE.mplsMulticast, "MPLS multicast"],
  [0x8863, "PPPoE D"],
  [0x8864, "PPPoE S"],
  [0x8809, "Slow Protocols"],
  [0x888e, "EAPOL"],
  [ETHERTYPE.serviceVlan, "802.1Q-QinQ"],
  [ETHERTYPE.macsec, "802.1AE MACsec"],
  [0x88cc, "LLDP"],
  [0x88f7, "PTP"],
  [0x8902, "CFM"],
  [0x9000, "Loopback"],
  [ETHERTYPE.oldServiceVlan, "802.1Q-9100"],
]);

/** Whether the field gives the length of an IEEE 802.3 frame, whose payload begins with LLC (3 bytes at least). */
export function isFrameLength(ethertype: number): boolean {
  return ethertype >= 3 && ethertype <= 1500;
}

/** `802.3 len 38`, or `ethertype ` and {@link ethertypeText}. */
export function linkTypeText(ethertype: number): string {
  return isFrameLength(ethertype) ? `802.3 len ${ethertype}` : `ethertype ${ethertypeText(ethertype)}`;
}

/** `IPv4 (0x0800)`, or only `(0x88b5)` for an ethertype without a name. */
export function ethertypeText(ethertype: number): string {
  const name = NAMES.get(ethertype);
  const number = `(0x${ethertype.toString(16).padStart(4, "0")})`;
  return name === undefined ? number : `${name} ${number}`;
}
