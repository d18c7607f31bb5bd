/**
 * Fields of a header that the actions set and set_masked write, in the words of `ovs-appctl dpctl/dump-flows`. Layouts: struct
 * ovs_key_ethernet and its kin in include/uapi/linux/openvswitch.h; their numbers in enum ovs_key_attr are ABI.
 */

/** How the bytes of a field are shown. Numbers are in network byte order, or in that of the machine (`host`). */
type Form = "decimal" | "hex" | "host" | "ipv4" | "ipv6" | "mac";

interface Field {
  readonly name: string;
  /** Byte offset in the struct. */
  readonly at: number;
  readonly bytes: number;
  readonly form: Form;
}

const field = (name: string, at: number, bytes: number, form: Form): Field => ({ name, at, bytes, form });
const ports = [field("src", 0, 2, "decimal"), field("dst", 2, 2, "decimal")];

const headers: Readonly<Record<number, readonly Field[]>> = {
  // OVS_KEY_ATTR_PRIORITY
  2: [field("skb_priority", 0, 4, "host")],
  // OVS_KEY_ATTR_ETHERNET
  4: [field("src", 0, 6, "mac"), field("dst", 6, 6, "mac")],
  // OVS_KEY_ATTR_IPV4
  7: [
    field("src", 0, 4, "ipv4"),
    field("dst", 4, 4, "ipv4"),
    field("proto", 8, 1, "decimal"),
    field("tos", 9, 1, "hex"),
    field("ttl", 10, 1, "decimal"),
  ],
  // OVS_KEY_ATTR_IPV6
  8: [
    field("src", 0, 16, "ipv6"),
    field("dst", 16, 16, "ipv6"),
    field("label", 32, 4, "hex"),
    field("proto", 36, 1, "decimal"),
    field("tclass", 37, 1, "hex"),
    field("hlimit", 38, 1, "decimal"),
  ],
  // OVS_KEY_ATTR_TCP, _UDP and _SCTP
  9: ports,
  10: ports,
  17: ports,
  // OVS_KEY_ATTR_SKB_MARK
  15: [field("skb_mark", 0, 4, "host")],
  // OVS_KEY_ATTR_MPLS: label, traffic class, bottom of the stack and TTL together (RFC 3032)
  21: [field("lse", 0, 4, "hex")],
};

/** OVS_SET_TUNNEL of hooks/section.h. */
const tunnel = 0xffff;
const bytesOfSet = 40;

/** Bytes of words as they are in memory. */
function bytesOf(words: readonly (number | bigint)[]): DataView {
  const view = new DataView(new ArrayBuffer(words.length * 8));
  for (const [index, word] of words.entries()) view.setBigUint64(index * 8, BigInt(word), true);
  return view;
}

function numberAt(view: DataView, at: number, bytes: number, littleEndian = false): bigint {
  let value = 0n;
  for (let index = 0; index < bytes; index++) {
    const byte = BigInt(view.getUint8(at + index));
    value = littleEndian ? value | (byte << BigInt(8 * index)) : (value << 8n) | byte;
  }
  return value;
}

function ipv4Text(view: DataView, at: number): string {
  return [0, 1, 2, 3].map((index) => view.getUint8(at + index)).join(".");
}

function ipv6Text(view: DataView, at: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(at + 2 * index).toString(16)).join(":");
  // RFC 5952: the first of the longest runs of zeros.
  const [longest] = [...groups.matchAll(/\b0(:0)+\b/g)].sort((a, b) => b[0].length - a[0].length);
  if (longest === undefined) return groups;
  return `${groups.slice(0, longest.index).replace(/:$/, "")}::${groups.slice(longest.index + longest[0].length).replace(/^:/, "")}`;
}

function macText(view: DataView, at: number): string {
  return Array.from({ length: 6 }, (_, index) =>
    view
      .getUint8(at + index)
      .toString(16)
      .padStart(2, "0"),
  ).join(":");
}

function text(view: DataView, { at, bytes, form }: Field): string {
  switch (form) {
    case "mac":
      return macText(view, at);
    case "ipv4":
      return ipv4Text(view, at);
    case "ipv6":
      return ipv6Text(view, at);
    case "decimal":
      return `${numberAt(view, at, bytes)}`;
    case "hex":
    case "host":
      return `0x${numberAt(view, at, bytes, form === "host").toString(16)}`;
  }
}

/** `name=value`, and `/mask` when only some bits are set; undefined for a field that keeps its value. */
function fieldText(value: DataView, mask: DataView, one: Field): string | undefined {
  const bits = numberAt(mask, one.at, one.bytes);
  if (bits === 0n) return undefined;
  const isWhole = bits === (1n << BigInt(8 * one.bytes)) - 1n;
  // The mask of a decimal number would say nothing.
  const shown = isWhole || one.form !== "decimal" ? one : { ...one, form: "hex" as const };
  return `${one.name}=${text(value, shown)}${isWhole ? "" : `/${text(mask, shown)}`}`;
}

function tunnelText(value: DataView, more: DataView): string {
  const isV6 = more.getUint8(2) === 1;
  const address = (at: number) =>
    numberAt(value, at, isV6 ? 16 : 4) === 0n ? undefined : isV6 ? ipv6Text(value, at) : ipv4Text(value, at);
  const [id, source, destination, tos] = [numberAt(value, 0, 8), address(8), address(24), more.getUint8(0)];
  const words = [
    id === 0n ? undefined : `tun_id=0x${id.toString(16)}`,
    source && `src=${source}`,
    destination && `dst=${destination}`,
    tos === 0 ? undefined : `tos=0x${tos.toString(16)}`,
    `ttl=${more.getUint8(1)}`,
  ];
  return words.filter((word) => word !== undefined).join(",");
}

/**
 * The fields that are set, e.g. `tos=0x80/0xfc,ttl=63`; undefined for a header of which that is not known.
 * @param words members of struct ovs_set of hooks/section.h: key, value, mask
 */
export function setFields(...words: readonly (number | bigint)[]): string | undefined {
  const key = Number(words[0]);
  const value = bytesOf(words.slice(1, 1 + bytesOfSet / 8));
  const mask = bytesOf(words.slice(1 + bytesOfSet / 8));
  if (key === tunnel) return tunnelText(value, mask);
  const fields = headers[key];
  const texts = fields?.flatMap((one) => fieldText(value, mask, one) ?? []);
  return texts === undefined || texts.length === 0 ? undefined : texts.join(",");
}
