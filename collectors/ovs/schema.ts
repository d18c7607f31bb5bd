/** Properties of the section `ovs`: those of all kinds of events, distinguished by `event_type`. */
import {
  Bool,
  Group,
  I32,
  Integers,
  IpAddress,
  Mac,
  OptionalText,
  OptionalTextOf,
  OptionalTexts,
  type Static,
  Text,
  Type,
  U16,
  U32,
  U64,
  U8,
} from "../../core/api/collector.ts";

/** Bits of `ct.flags`: `enum ovs_ct_flags` of hooks/section.h. */
export const ctFlag = {
  commit: 1 << 0,
  force: 1 << 1,
  nat: 1 << 4,
  addresses: 1 << 7,
  ports: 1 << 8,
  random: 1 << 9,
  persistent: 1 << 10,
  fullyRandom: 1 << 11,
} as const;

/** Present when the hook says so: names of `enum ovs_present` in hooks/section.h. */
const when = (what: string) => ({ when: { member: "present", mask: `PRESENT_${what}` } });
/** A number that is a member of its own name only in C. */
const value = (what: string) => ({ member: "value", ...when(what) });
const natWhen = (what: string) => ({ when: { member: "nat.flags", mask: `OVS_CT_${what}` } });
/** What is sent only with some actions. */
const detail = (what: string) => ({ member: "detail", ...when(what) });

const address = { version: "nat.ip_version", ...natWhen("ADDRESSES") };
const port = { bigEndian: true, ...natWhen("PORTS") };

const nat = Group(
  {
    dir: OptionalText({ description: "What is translated. src or dst", lookup: "nat_dir", member: "nat.flags" }),
    min_addr: IpAddress({ description: "First address to choose from", member: "nat.min_addr", ...address }),
    max_addr: IpAddress({ description: "Last address to choose from", member: "nat.max_addr", ...address }),
    min_port: U16({ description: "First port to choose from", member: "nat.min_port", ...port }),
    max_port: U16({ description: "Last port to choose from", member: "nat.max_port", ...port }),
  },
  { description: "Address translation of a ct action", ...detail("NAT") },
);

const setWords = ["value0", "value1", "value2", "value3", "value4", "mask0", "mask1", "mask2", "mask3", "mask4"];

const set = Group(
  {
    fields: OptionalTextOf({
      description: "Fields with their new values, and a mask where only some bits are set. As in dumps of flows",
      lookup: "set_fields",
      members: ["key", ...setWords].map((member) => `set.${member}`),
    }),
  },
  { description: "What set or set_masked writes", ...detail("SET") },
);

const nsh = Group(
  {
    spi: U32({ description: "Service path", member: "nsh.spi" }),
    si: U8({ description: "Service index", member: "nsh.si" }),
    flags: U8({ description: "Flags", member: "nsh.flags" }),
    ttl: U8({ description: "Time to live", member: "nsh.ttl" }),
    np: U8({ description: "Next protocol", member: "nsh.np" }),
    mdtype: U8({ description: "Type of metadata", member: "nsh.mdtype" }),
    context: Integers({
      description: "Context headers of fixed length",
      format: "uint32",
      member: "nsh.context",
      when: { member: "nsh.mdtype", equals: 1 },
    }),
  },
  { description: "Network service header that push_nsh adds", ...detail("NSH") },
);

/** What the original knows of actions comes first; what follows it ignores. */
const actionProperties = {
  action: OptionalText({
    description: "Action. Name as in the kernel, or a number that it has no name for",
    lookup: "action",
    ...when("ACTION"),
  }),
  id: U32({ description: "Id that a recirc action gives the packet", ...value("RECIRC") }),
  reason: U32({
    description: "Why a drop action drops. 0 when the flow says so, else what went wrong in ovs-vswitchd",
    ...value("REASON"),
  }),
  flags: U32({
    description:
      "Bits of a ct action. 0 commit, 1 force, 2 IPv4, 3 IPv6, 4 NAT, 5 source, 6 destination, 7 addresses given, 8 ports given, 9 random, 10 persistent, 11 fully random",
    member: "ct_flags",
    ...when("CT"),
  }),
  zone_id: U16({ description: "Conntrack zone of a ct action", ...when("CT") }),
  nat,
  recirc_id: U32({ description: "Recirculation that the packet is in. 0 for the first round", ...when("ACTION") }),
  meter_id: U32({ description: "Meter", ...value("METER") }),
  max_len: U32({ description: "Bytes that trunc leaves of the packet for the next output", ...value("MAX_LEN") }),
  probability: U32({ description: "Probability of sample, of 4294967295", ...value("PROBABILITY") }),
  pkt_len: U32({ description: "Bytes that check_pkt_len compares with", ...value("PKT_LEN") }),
  group: U32({ description: "Group of psample", ...value("GROUP") }),
  upcall_port: U32({ description: "Netlink port that a userspace action sends to. 4294967295: that of the CPU", ...value("UPCALL_PORT") }),
  hash: Group(
    { alg: U32({ description: "Algorithm", member: "hash_alg" }), basis: U32({ description: "Basis", member: "hash_basis" }) },
    { description: "What a hash action computes", ...when("HASH") },
  ),
  key: OptionalText({ description: "Field that set or set_masked writes to", lookup: "key", ...when("KEY") }),
  set,
  vlan: Group(
    {
      vid: U16({ description: "VLAN id", member: "vlan_vid" }),
      pcp: U8({ description: "Priority code point", member: "vlan_pcp" }),
    },
    { description: "Tag that push_vlan adds", ...when("VLAN") },
  ),
  mpls: Group(
    {
      label: U32({ description: "Label", member: "mpls_label" }),
      tc: U8({ description: "Traffic class", member: "mpls_tc" }),
      bos: Bool({ description: "Bottom of the stack", member: "mpls_bos" }),
      ttl: U8({ description: "Time to live", member: "mpls_ttl" }),
    },
    { description: "Label stack entry that push_mpls or add_mpls adds", ...when("MPLS") },
  ),
  ethertype: U16({
    description: "EtherType. Of the new header, or of what is left after pop_mpls",
    bigEndian: true,
    ...when("ETHERTYPE"),
  }),
  eth: Group(
    { src: Mac({ description: "Source address", member: "eth_src" }), dst: Mac({ description: "Destination address", member: "eth_dst" }) },
    { description: "Header that push_eth adds", ...when("ETHERNET") },
  ),
  nsh,
};

const lookupProperties = {
  flow: U64({ description: "Address of the flow. 0 without one for the packet", member: "upcall_ts", ...when("LOOKUP") }),
  sf_acts: U64({ description: "Address of the flow's actions", ...when("LOOKUP") }),
  ufid: Integers({ description: "Id of the flow. Four words, all 0 without a flow", format: "uint32", ...when("LOOKUP") }),
  n_mask_hit: U32({ description: "Masks that were tried", ...when("LOOKUP") }),
  n_cache_hit: U32({ description: "Hits in the cache of masks", ...when("LOOKUP") }),
  dpflow: OptionalText({
    description: "Flow of the datapath as text. Filled by sort",
    lookup: "no_text",
    member: "event_type",
    ...when("LOOKUP"),
  }),
  ofpflows: OptionalTexts({
    description: "OpenFlow rules it was made from. Filled by sort",
    lookup: "no_texts",
    member: "event_type",
    ...when("LOOKUP"),
  }),
};

export const ovsSchema = Type.Object({
  event_type: Text({
    description:
      "Kind of event. upcall, upcall_enqueue, upcall_return, recv_upcall, flow_operation, action_execute or flow_lookup; decides which properties there are",
    lookup: "event_type",
  }),
  ret: I32({ description: "Result. 0, or a negative errno", ...when("RET") }),
  cmd: U8({ description: "Why the packet is handed up. 1 no flow, 2 an action", ...when("CMD") }),
  port: U32({
    description: "Port. Of an upcall: netlink port it is sent to; of an output action: port of the datapath",
    ...value("PORT"),
  }),
  cpu: U32({ description: "CPU that the upcall is made on", member: "upcall_cpu", ...when("CPU") }),
  upcall_ts: U64({ description: "Time of the upcall", ...when("UPCALL") }),
  upcall_cpu: U32({ description: "CPU of the upcall", ...when("UPCALL") }),
  type: U32({ description: "Why the packet was handed up. 0 no flow, 1 an action", member: "recv_type", ...when("RECEIVED") }),
  pkt_size: U32({ description: "Bytes of the packet", ...when("RECEIVED") }),
  key_size: U64({ description: "Bytes of the flow key", member: "sf_acts", ...when("RECEIVED") }),
  op_type: OptionalText({ description: "Operation. exec or put", lookup: "op_type", ...when("OPERATION") }),
  ...actionProperties,
  queue_id: U32({
    description: "Id of the packet while user space has it",
    ...when("QUEUE_ID"),
  }),
  batch_ts: U64({ description: "Time of the first packet of the batch", member: "upcall_ts", ...when("BATCH") }),
  batch_idx: U8({ description: "Place in the batch", ...when("BATCH") }),
  ...lookupProperties,
});

/** An event of any kind; which properties it has depends on `event_type`. */
export type OvsEvent = Static<typeof ovsSchema>;
