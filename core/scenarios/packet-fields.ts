/**
 * Reads the few packet fields that scenarios compare. Written apart from core/packet on purpose: the tests must not
 * share a mistake with what they test.
 */

/** Fields of a captured packet; absent layers are absent keys. */
export interface PacketFields {
  readonly ethernet: { readonly source: string; readonly destination: string; readonly type: number };
  readonly vlan?: { readonly vid: number; readonly pcp: number; readonly type: number };
  readonly ip?: {
    readonly version: number;
    readonly source: string;
    readonly destination: string;
    readonly ttl: number;
    readonly protocol: number;
  };
  readonly ports?: { readonly source: number; readonly destination: number };
  readonly tcpFlags?: number;
  readonly icmpType?: number;
}

/** Decodes the base64 `packet.data` of an event. */
export function packetFields(base64: string): PacketFields {
  const bytes = Buffer.from(base64, "base64");
  const ethernet = { destination: mac(bytes, 0), source: mac(bytes, 6), type: bytes.readUInt16BE(12) };
  if (ethernet.type !== 0x8100) return { ethernet, ...network(bytes, 14, ethernet.type) };
  const tci = bytes.readUInt16BE(14);
  const vlan = { vid: tci & 0xfff, pcp: tci >> 13, type: bytes.readUInt16BE(16) };
  return { ethernet, vlan, ...network(bytes, 18, vlan.type) };
}

function network(bytes: Buffer, at: number, type: number): Omit<PacketFields, "ethernet" | "vlan"> {
  if (type === 0x0800) {
    const ip = {
      version: 4,
      source: bytes.subarray(at + 12, at + 16).join("."),
      destination: bytes.subarray(at + 16, at + 20).join("."),
      ttl: bytes.readUInt8(at + 8),
      protocol: bytes.readUInt8(at + 9),
    };
    return { ip, ...transport(bytes, at + (bytes.readUInt8(at) & 0xf) * 4, ip.protocol) };
  }
  if (type === 0x86dd) {
    const ip = {
      version: 6,
      source: ipv6Text(bytes.subarray(at + 8, at + 24)),
      destination: ipv6Text(bytes.subarray(at + 24, at + 40)),
      ttl: bytes.readUInt8(at + 7),
      protocol: bytes.readUInt8(at + 6),
    };
    return { ip, ...transport(bytes, at + 40, ip.protocol) };
  }
  return {};
}

function transport(bytes: Buffer, at: number, proto: number): Pick<PacketFields, "ports" | "tcpFlags" | "icmpType"> {
  if (bytes.length < at + 8) return {};
  if (proto === 1 || proto === 58) return { icmpType: bytes.readUInt8(at) };
  if (proto !== 6 && proto !== 17) return {};
  const ports = { source: bytes.readUInt16BE(at), destination: bytes.readUInt16BE(at + 2) };
  return proto === 6 && bytes.length > at + 13 ? { ports, tcpFlags: bytes.readUInt8(at + 13) } : { ports };
}

function mac(bytes: Buffer, at: number): string {
  return [...bytes.subarray(at, at + 6)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

// Only addresses of the scenarios' layouts come here: one run of zeros in the middle.
function ipv6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return groups.join(":").replace(/(^|:)0(:0)+(:|$)/, "::");
}
