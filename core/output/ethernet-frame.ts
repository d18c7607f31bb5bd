import { snapLength } from "./pcapng.ts";

/** Bytes of a packet from its Ethernet header on. */
export interface Frame {
  readonly data: Uint8Array;
  /** Length before the packet was cut, in bytes; never less than that of `data`. */
  readonly length: number;
}

/** A VLAN tag that the kernel keeps beside the packet, as section `skb` has it. */
export interface VlanTag {
  /** Tag protocol, e.g. 0x8100. */
  readonly proto: number;
  readonly pcp: number;
  readonly dei: boolean;
  readonly vid: number;
}

/** Bytes of the two addresses, which a tag follows. */
const addressesLength = 12;

/**
 * The frame as it is on the wire: a tag that the kernel keeps beside the packet is put back in front of all others
 * (IEEE 802.1Q clause 9.3). A frame that was cut within its addresses stays as it is.
 */
export function withVlanTag(frame: Frame, { proto, pcp, dei, vid }: VlanTag): Frame {
  const { data, length } = frame;
  if (data.length < addressesLength) return frame;
  const tagged = Buffer.alloc(data.length + 4);
  tagged.set(data.subarray(0, addressesLength));
  tagged.writeUInt16BE(proto & 0xffff, addressesLength);
  tagged.writeUInt16BE(((pcp & 7) << 13) | (dei ? 0x1000 : 0) | (vid & 0xfff), addressesLength + 2);
  tagged.set(data.subarray(addressesLength), addressesLength + 4);
  return { data: tagged, length: length + 4 };
}

/** The frame of an event's sections `packet` and `skb`, cut to what a capture can hold; undefined without a packet. */
export function frameOf(
  packet: Readonly<Record<string, unknown>> | undefined,
  skb: Readonly<Record<string, unknown>> | undefined,
): Frame | undefined {
  const data = packet?.["data"];
  if (!(data instanceof Uint8Array)) return undefined;
  const tag = skb?.["vlan_accel"];
  const frame = { data, length: frameLength(packet?.["len"], data) };
  const whole = isVlanTag(tag) ? withVlanTag(frame, tag) : frame;
  return whole.data.length > snapLength ? { ...whole, data: whole.data.subarray(0, snapLength) } : whole;
}

/** Files of others may hold any number as the length. */
function frameLength(length: unknown, data: Uint8Array): number {
  return Number.isInteger(length) && (length as number) <= 0xffff_fff0 ? Math.max(length as number, data.length) : data.length;
}

function isVlanTag(value: unknown): value is VlanTag {
  const tag = value as Partial<VlanTag> | null | undefined;
  return Number.isInteger(tag?.proto) && Number.isInteger(tag?.pcp) && Number.isInteger(tag?.vid);
}
