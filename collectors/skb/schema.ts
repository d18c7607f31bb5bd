import { Bool, Bytes, Constant, Group, type Static, Type, U16, U32, U8 } from "../../core/api/collector.ts";

/** Properties of section `packet`. */
export const packetSchema = Type.Object({
  len: U32({ description: "Length of the packet in bytes. Counted from the first header in data" }),
  capture_len: U32({ description: "Number of captured bytes. At most len" }),
  data: Bytes({ description: "Captured bytes. They begin with the Ethernet header", length: "capture_len" }),
  synthetic_eth: Constant(true, {
    description: "The Ethernet header is made up. The kernel had only the network header; its addresses are zero",
    when: { member: "flags", mask: "PACKET_SYNTHETIC_ETH" },
  }),
});

export type Packet = Static<typeof packetSchema>;

const vlanAccel = Group(
  {
    proto: U16({ description: "Tag protocol, e.g. 0x8100", member: "vlan_proto" }),
    pcp: U8({ description: "Priority", member: "vlan_pcp" }),
    dei: Bool({ description: "Drop eligible", member: "vlan_dei" }),
    vid: U16({ description: "VLAN number", member: "vlan_vid" }),
  },
  { description: "VLAN tag that the kernel keeps beside the packet", when: { member: "present", mask: "PRESENT_VLAN" } },
);

const meta = Group(
  {
    len: U32({ description: "Bytes from the current header on" }),
    data_len: U32({ description: "Bytes that are not in the linear part" }),
    hash: U32({ description: "Flow hash. 0 without one" }),
    ip_summed: U8({ description: "State of the checksum. 0 none, 1 unnecessary, 2 complete, 3 partial" }),
    csum: U32({ description: "Checksum when complete. Start (low 16 bits) and offset (high 16 bits) when partial" }),
    csum_level: U8({ description: "Number of checksums found right. One less; only when unnecessary" }),
    priority: U32({ description: "Queueing priority" }),
    mark: U32({ omitZero: true, description: "Mark, as set by nftables, tc, SO_MARK" }),
    queue_mapping: U16({
      omitZero: true,
      description: "Queue of the device. Sending, its number; receiving, its number plus one where the driver reports it",
    }),
  },
  { description: "Metadata of the skb", when: { member: "present", mask: "PRESENT_META" } },
);

const dataRef = Group(
  {
    nohdr: Bool({ description: "Only the payload is referenced" }),
    cloned: Bool({ description: "The header may be shared with a clone" }),
    fclone: U8({ description: "State of the fast clone. 0 unavailable, 1 original, 2 clone" }),
    users: U32({ description: "References to the skb" }),
    dataref: U16({ description: "References to its data" }),
    payload_refs: U16({ omitZero: true, description: "References to the payload only. Among those in `dataref`" }),
  },
  { description: "References to the skb and its data", when: { member: "present", mask: "PRESENT_DATA_REF" } },
);

const gso = Group(
  {
    flags: U8({ description: "Flags of the shared info", member: "gso_flags" }),
    frags: U8({ description: "Number of page fragments", member: "gso_frags" }),
    size: U32({ description: "Payload bytes of each segment", member: "gso_size" }),
    segs: U32({ description: "Number of segments", member: "gso_segs" }),
    type: U32({ description: "Kind of segmentation (SKB_GSO_ bits)", member: "gso_type" }),
  },
  { description: "Segmentation left to the device", when: { member: "present", mask: "PRESENT_GSO" } },
);

/** Properties of section `skb`. */
export const skbSchema = Type.Object({ vlan_accel: vlanAccel, meta, data_ref: dataRef, gso });

export type Skb = Static<typeof skbSchema>;
