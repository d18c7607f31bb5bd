/** Writes Ethernet frames by hand, right or wrong on purpose. Header layouts: RFC 791, 8200, 9293, 768, IEEE 802.1Q. */

/** Ethertypes used by the scenarios. */
export const ethertype = { ipv4: 0x0800, ipv6: 0x86dd, vlan: 0x8100 } as const;

/** IP protocol numbers used by the scenarios. */
export const protocol = { icmp: 1, tcp: 6, udp: 17, icmp6: 58 } as const;

/** An Ethernet frame; `destination` and `source` are colon-separated MAC addresses. */
export function ethernet(destination: string, source: string, type: number, payload: Buffer): Buffer {
  return Buffer.concat([macBytes(destination), macBytes(source), u16(type), payload]);
}

/** An 802.1Q tag and what follows it, for use as payload of {@link ethernet} with ethertype `vlan`. */
export function vlanTag(vid: number, type: number, payload: Buffer): Buffer {
  return Buffer.concat([u16(vid), u16(type), payload]);
}

/** What of an IPv4 packet is unlike others. */
export interface Ipv4Faults {
  readonly checksum?: "bad";
  readonly ttl?: number;
  readonly dontFragment?: true;
  readonly fragment?: Fragment;
}

/** Which part of a packet it is. */
export interface Fragment {
  /** Identification of the packet. */
  readonly id: number;
  /** Where its payload begins in that of the packet, in bytes; a multiple of 8. */
  readonly offset: number;
  readonly isLast: boolean;
}

/** An IPv4 packet without options, ttl 64 unless given. */
export function ipv4(source: string, destination: string, proto: number, payload: Buffer, faults: Ipv4Faults = {}): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt8(0x45, 0);
  header.writeUInt16BE(header.length + payload.length, 2);
  header.writeUInt16BE(0x1234, 4);
  if (faults.dontFragment) header.writeUInt16BE(0x4000, 6);
  if (faults.fragment !== undefined) {
    const { id, offset, isLast } = faults.fragment;
    header.writeUInt16BE(id, 4);
    header.writeUInt16BE((isLast ? 0 : 0x2000) | (offset / 8), 6);
  }
  header.writeUInt8(faults.ttl ?? 64, 8);
  header.writeUInt8(proto, 9);
  ipv4Bytes(source).copy(header, 12);
  ipv4Bytes(destination).copy(header, 16);
  header.writeUInt16BE(internetChecksum(header) ^ (faults.checksum === "bad" ? 0x5555 : 0), 10);
  return Buffer.concat([header, payload]);
}

/** An IPv6 packet without extension headers, hop limit 64 unless given. */
export function ipv6(source: string, destination: string, proto: number, payload: Buffer, hopLimit = 64): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(0x60, 0);
  header.writeUInt16BE(payload.length, 4);
  header.writeUInt8(proto, 6);
  header.writeUInt8(hopLimit, 7);
  return Buffer.concat([header, ipv6Bytes(source), ipv6Bytes(destination), payload]);
}

/** Source and destination of a transport header, needed for its checksum; IPv4 or IPv6 by their look. */
export interface Route {
  readonly source: string;
  readonly destination: string;
}

/** What transport headers can have; `checksum: "bad"` spoils a correct one. */
export interface Transport {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload?: Buffer;
  readonly checksum?: "bad";
}

/** A UDP datagram. */
export function udp(route: Route, { sourcePort, destinationPort, payload = Buffer.alloc(0), checksum }: Transport): Buffer {
  const header = Buffer.concat([u16(sourcePort), u16(destinationPort), u16(8 + payload.length), u16(0)]);
  return withTransportChecksum(Buffer.concat([header, payload]), route, protocol.udp, 6, checksum);
}

/** A TCP SYN segment without options. */
export function tcpSyn(route: Route, transport: Transport): Buffer {
  return tcpSegment(route, transport, 0x02);
}

/** A segment of a connection that was opened before. */
export function tcpAck(route: Route, transport: Transport): Buffer {
  return tcpSegment(route, transport, 0x10);
}

function tcpSegment(route: Route, { sourcePort, destinationPort, payload = Buffer.alloc(0), checksum }: Transport, flags: number): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(destinationPort, 2);
  header.writeUInt32BE(1000, 4);
  header.writeUInt8(5 << 4, 12);
  header.writeUInt8(flags, 13);
  header.writeUInt16BE(512, 14);
  return withTransportChecksum(Buffer.concat([header, payload]), route, protocol.tcp, 16, checksum);
}

/** An ICMP message (RFC 792); `body` is what follows the checksum. */
export function icmp(type: number, body: Buffer): Buffer {
  const message = Buffer.concat([Buffer.from([type, 0]), u16(0), body]);
  message.writeUInt16BE(internetChecksum(message), 2);
  return message;
}

/** An ICMPv6 message (RFC 4443); `body` is what follows the checksum. */
export function icmp6(route: Route, type: number, body: Buffer): Buffer {
  return withTransportChecksum(Buffer.concat([Buffer.from([type, 0]), u16(0), body]), route, protocol.icmp6, 2, undefined);
}

function withTransportChecksum(segment: Buffer, route: Route, proto: number, offset: number, fault: "bad" | undefined): Buffer {
  const addresses = Buffer.concat([addressBytes(route.source), addressBytes(route.destination)]);
  const sum = internetChecksum(Buffer.concat([addresses, u16(proto), u16(segment.length), segment]));
  segment.writeUInt16BE(sum ^ (fault === "bad" ? 0x5555 : 0), offset);
  return segment;
}

/** The checksum of RFC 1071, in host order. The pseudo headers of IPv4 and IPv6 differ only in zero bytes, which add nothing. */
export function internetChecksum(bytes: Buffer): number {
  const even = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
  let sum = 0;
  for (let at = 0; at < even.length; at += 2) sum += even.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(":", ""), "hex");
}

function addressBytes(address: string): Buffer {
  return address.includes(":") ? ipv6Bytes(address) : ipv4Bytes(address);
}

/** The 4 bytes of an IPv4 address. */
export function ipv4Bytes(address: string): Buffer {
  return Buffer.from(address.split(".").map(Number));
}

/** The 16 bytes of an IPv6 address without an IPv4 part. */
export function ipv6Bytes(address: string): Buffer {
  const [head = "", tail = ""] = address.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const zeros = Array(8 - groups(head).length - groups(tail).length).fill("0");
  return Buffer.concat([...groups(head), ...zeros, ...groups(tail)].map((group) => u16(Number.parseInt(group, 16))));
}
