/** Packets for filters, made at random from the same few addresses and ports that the expressions name. */
import type { FilterPacket } from "./filter-runner.ts";
import type { Random } from "./random.ts";

/** Values that packets and expressions share, so that expressions match often. */
export const shared = {
  ipv4: ["10.0.0.1", "10.0.0.2", "10.0.1.7", "192.168.1.1", "1.2.3.4", "224.0.0.5", "255.255.255.255"],
  ipv6: ["2001:db8:0:0:0:0:0:1", "2001:db8:0:0:0:0:0:2", "fe80:0:0:0:0:0:0:1", "ff02:0:0:0:0:0:0:fb"],
  mac: ["02:00:00:00:00:01", "02:00:00:00:00:02", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:05"],
  port: [22, 53, 80, 443, 4789, 6081, 8080],
  vlan: [0, 1, 100, 123, 4095],
  mpls: [16, 100, 1048575],
} as const;

const snapLength = 1500;
const serviceAccessPoints = [
  [0x42, 0x42],
  [0xfe, 0xfe],
  [0xe0, 0xe0],
  [0xaa, 0xaa],
] as const;

function u16(value: number): Buffer {
  return Buffer.from([(value >> 8) & 0xff, value & 0xff]);
}

function u32(value: number): Buffer {
  return Buffer.concat([u16(value >>> 16), u16(value & 0xffff)]);
}

const macBytes = (mac: string) => Buffer.from(mac.replaceAll(":", ""), "hex");
const ipv4Bytes = (address: string) => Buffer.from(address.split(".").map(Number));
const ipv6Bytes = (address: string) => Buffer.concat(address.split(":").map((group) => u16(Number.parseInt(group, 16))));

function ports(random: Random): Buffer {
  return Buffer.concat([u16(random.pick(shared.port)), u16(random.pick(shared.port))]);
}

function payload(random: Random): Buffer {
  return random.bytes(random.pick([0, 0, 1, 7, 40, 180, 600, 1300]));
}

function tcp(random: Random): Buffer {
  const words = random.pick([5, 5, 8, 15, 3]);
  return Buffer.concat([
    ports(random),
    random.bytes(8),
    Buffer.from([words << 4, random.below(256)]),
    random.bytes(6 + Math.max(0, words - 5) * 4),
    payload(random),
  ]);
}

function udp(random: Random): Buffer {
  const tunnelled = random.once(4)
    ? Buffer.concat([Buffer.from([8, 0, 0, 0, 0, 0, 42, 0]), ethernet(random, network(random, 3))])
    : payload(random);
  return Buffer.concat([ports(random), u16(8 + tunnelled.length), random.bytes(2), tunnelled]);
}

function icmp(random: Random): Buffer {
  return Buffer.concat([Buffer.from([random.pick([0, 3, 8, 11, 128, 129, 135]), random.below(4)]), random.bytes(6), payload(random)]);
}

/** Protocol number and content of a transport layer. */
function transport(random: Random, depth: number): readonly [number, Buffer] {
  switch (random.below(depth > 2 ? 5 : 9)) {
    case 0:
    case 1:
      return [6, tcp(random)];
    case 2:
      return [17, udp(random)];
    case 3:
      return [1, icmp(random)];
    case 4:
      return [58, icmp(random)];
    case 5:
      return [132, Buffer.concat([ports(random), random.bytes(8), payload(random)])];
    case 6:
      return [4, ipv4(random, depth + 1)];
    case 7:
      return [47, Buffer.concat([Buffer.from([0, 0, 8, 0]), ipv4(random, depth + 1)])];
    default:
      return [random.pick([2, 50, 51, 89, 112, 103, 200]), payload(random)];
  }
}

function ipv4(random: Random, depth: number): Buffer {
  const [protocol, content] = transport(random, depth);
  const words = random.pick([5, 5, 5, 6, 15, 2]);
  const fragment = random.once(4) ? random.pick([0x2000, 0x2010, 0x0010, 0x1fff]) : random.pick([0, 0x4000]);
  const start = [
    Buffer.from([((random.once(20) ? 6 : 4) << 4) | words, random.below(256)]),
    u16(words * 4 + content.length),
    random.bytes(2),
    u16(fragment),
  ];
  const rest = [
    Buffer.from([random.below(256), protocol]),
    random.bytes(2),
    ipv4Bytes(random.pick(shared.ipv4)),
    ipv4Bytes(random.pick(shared.ipv4)),
  ];
  return Buffer.concat([...start, ...rest, random.bytes(Math.max(0, words - 5) * 4), content]);
}

function ipv6(random: Random, depth: number): Buffer {
  const [protocol, content] = transport(random, depth);
  const extension = random.once(3) ? random.pick([0, 43, 44, 60]) : undefined;
  const more =
    extension === undefined
      ? Buffer.alloc(0)
      : Buffer.concat([Buffer.from([protocol, 0]), u16(random.pick([0, 1, 0x10, 0x11])), random.bytes(4)]);
  const start = [
    Buffer.from([0x60 | random.below(16)]),
    random.bytes(3),
    u16(more.length + content.length),
    Buffer.from([extension ?? protocol, random.below(256)]),
  ];
  return Buffer.concat([...start, ipv6Bytes(random.pick(shared.ipv6)), ipv6Bytes(random.pick(shared.ipv6)), more, content]);
}

function arp(random: Random): Buffer {
  const end = () => Buffer.concat([macBytes(random.pick(shared.mac)), ipv4Bytes(random.pick(shared.ipv4))]);
  return Buffer.concat([u16(1), u16(0x0800), Buffer.from([6, 4]), u16(random.pick([1, 2])), end(), end()]);
}

function mpls(random: Random, depth: number): Buffer {
  const labels = 1 + random.below(2);
  const stack = Array.from({ length: labels }, (_, at) =>
    u32(((random.pick(shared.mpls) << 12) | (at === labels - 1 ? 0x100 : 0) | random.below(256)) >>> 0),
  );
  return Buffer.concat([...stack, ipv4(random, depth + 1)]);
}

/** EtherType and content of a network layer. */
function network(random: Random, depth: number): readonly [number, Buffer] {
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return [0x0800, ipv4(random, depth)];
    case 4:
    case 5:
    case 6:
      return [0x86dd, ipv6(random, depth)];
    case 7:
      return [0x0806, arp(random)];
    case 8:
      return [random.pick([0x8847, 0x8848]), mpls(random, depth)];
    case 9:
      return [0x8864, Buffer.concat([Buffer.from([0x11, 0, 0, 7]), u16(200), u16(random.pick([0x21, 0x57])), ipv4(random, depth)])];
    // IEEE 802.3 with LLC: spanning tree, IS-IS, IPX, SNAP.
    case 10:
      return [random.below(1500), Buffer.concat([Buffer.from([...random.pick(serviceAccessPoints), 3]), random.bytes(40)])];
    default:
      return [random.pick([0x88cc, 0x809b, 0x6003, 0x88e5, 0x0800, 0x8137]), payload(random)];
  }
}

function ethernet(random: Random, [type, content]: readonly [number, Buffer]): Buffer {
  const tags = random.pick([0, 0, 0, 1, 1, 2]);
  const each = Array.from({ length: tags }, () =>
    Buffer.concat([u16(random.pick([0x8100, 0x8100, 0x88a8, 0x9100])), u16((random.below(8) << 13) | random.pick(shared.vlan))]),
  );
  return Buffer.concat([macBytes(random.pick(shared.mac)), macBytes(random.pick(shared.mac)), ...each, u16(type), content]);
}

function startsWithTag(frame: Buffer): boolean {
  return frame.length >= 16 && [0x8100, 0x88a8].includes(frame.readUInt16BE(12));
}

/** Cuts frames short here and there, as fragmented skbs and small captures are, and sets a few bytes at random. */
function packetOf(random: Random, whole: Buffer): FilterPacket {
  const bytes = whole.subarray(0, snapLength);
  for (let flips = random.once(4) ? random.below(8) : 0; flips > 0 && bytes.length > 0; flips--)
    bytes[random.below(bytes.length)] = random.below(256);
  const linear = random.once(3) ? random.below(bytes.length + 1) : bytes.length;
  const length = random.once(3) ? bytes.length + random.below(60_000) : bytes.length;
  return { bytes, linear, length };
}

/** Frames with an Ethernet header; some with a tag that is kept beside the packet. */
export function ethernetPackets(random: Random, count: number): readonly FilterPacket[] {
  return Array.from({ length: count }, () => {
    const frame = random.once(12) ? random.bytes(random.below(300)) : ethernet(random, network(random, 0));
    const packet = packetOf(random, frame);
    return { ...packet, offloadedTag: startsWithTag(frame) && packet.linear >= 16 && random.once(2) };
  });
}

/** Packets that begin with the network header. */
export function rawPackets(random: Random, count: number): readonly FilterPacket[] {
  return Array.from({ length: count }, () =>
    packetOf(
      random,
      random.once(12)
        ? random.bytes(random.below(300))
        : random.once(3)
          ? ipv6(random, 0)
          : random.once(8)
            ? network(random, 0)[1]
            : ipv4(random, 0),
    ),
  );
}
