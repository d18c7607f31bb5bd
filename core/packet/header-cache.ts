/**
 * What follows from the headers of the most frequent packets: UDP or TCP, directly in IPv4, in Ethernet, neither fragments nor
 * with IP options. Their headers recur but for the identification, checksums, and the sequence of TCP.
 */

/** Offsets in the packet; the length of the Ethernet header (IEEE 802.3) and of an IPv4 header without options (RFC 791). */
const ethernetLength = 14;
const ipv4Length = 20;
export const transportOffset = ethernetLength + ipv4Length;
const identification = ethernetLength + 4;

/** Ethertype, version with header length. */
const ipv4WithoutOptions = 0x0800_45;
const tcp = 6;
const udp = 17;
/** The header of UDP (RFC 768), and that of TCP without options (RFC 9293). */
const transportLengths: Readonly<Record<number, number>> = { [tcp]: 20, [udp]: 8 };
/** UDP ports whose packets are tunnels; see `decodeUdp`. */
const tunnelPorts: ReadonlySet<number> = new Set([4789, 8472, 6081]);

/** Flags of fragments: any but "don't fragment", and the offset. */
const fragmentBits = 0xbfff;

const slots = 1024;
const keyWords = 6;

/** Remembers a value for each combination of headers that it has seen lately. */
export class HeaderCache<T> {
  readonly #keys = new Int32Array(slots * keyWords);
  readonly #values: (T | undefined)[] = new Array(slots).fill(undefined);
  readonly #make: (packet: Uint8Array) => T | undefined;

  /** @param make what follows from everything in the headers but what is named above; undefined where there is nothing */
  constructor(make: (packet: Uint8Array) => T | undefined) {
    this.#make = make;
  }

  /** The value for the packet `bytes[start]` … `bytes[end - 1]`; undefined when it is of another kind. */
  of(bytes: Uint8Array, start = 0, end = bytes.length): T | undefined {
    const ip = start + ethernetLength;
    if (end < start + transportOffset + 8 || word(bytes, ip - 3) << 8 !== ipv4WithoutOptions << 8) return undefined;
    const first = (bytes[ip + 1]! << 16) | half(bytes, ip + 2);
    const second = word(bytes, ip + 6);
    const source = word(bytes, ip + 12);
    const target = word(bytes, ip + 16);
    const ports = word(bytes, ip + ipv4Length);
    const length = bytes[ip + 9] === udp ? half(bytes, ip + ipv4Length + 4) : 0;
    const slot = slotOf(first ^ second, source, target, ports ^ length);
    const keys = this.#keys;
    const at = slot * keyWords;
    const isKnown =
      keys[at] === first &&
      keys[at + 1] === second &&
      keys[at + 2] === source &&
      keys[at + 3] === target &&
      keys[at + 4] === ports &&
      keys[at + 5] === length;
    if (isKnown) return this.#values[slot];
    const packet = bytes.subarray(start, end);
    const value = isFrequentKind(packet) ? this.#make(packet) : undefined;
    keys.set([first, second, source, target, ports, length], at);
    this.#values[slot] = value;
    return value;
  }
}

/** Total length of the IPv4 packet in bytes, without the Ethernet header. */
export function ipv4TotalLength(packet: Uint8Array): number {
  return half(packet, ethernetLength + 2);
}

export function ipv4Identification(packet: Uint8Array): number {
  return half(packet, identification);
}

export function isUdp(packet: Uint8Array): boolean {
  return packet[ethernetLength + 9] === udp;
}

function isFrequentKind(packet: Uint8Array): boolean {
  const needed = transportLengths[packet[ethernetLength + 9]!];
  if (needed === undefined || packet.length < transportOffset + needed) return false;
  if ((half(packet, ethernetLength + 6) & fragmentBits) !== 0 || ipv4TotalLength(packet) < ipv4Length + needed) return false;
  return !isUdp(packet) || !tunnelPorts.has(half(packet, transportOffset + 2));
}

function half(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function slotOf(a: number, b: number, c: number, d: number): number {
  let hash = Math.imul(a, 0x9e3779b1) ^ b;
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) ^ c;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) ^ d;
  hash = Math.imul(hash ^ (hash >>> 16), 0x9e3779b1);
  return (hash ^ (hash >>> 15)) & (slots - 1);
}
