import { Group, IpAddress, OptionalText, type Static, Text, TrailingGroup, Type, U16, U32, U64, U8 } from "../../core/api/collector.ts";

/** Names in `enum ct_present` of wire.h. */
const present = { connection: "PRESENT_CONNECTION", tuples: "PRESENT_TUPLES", mark: "PRESENT_MARK", labels: "PRESENT_LABELS" } as const;

const ip = Group(
  {
    src: IpAddress({ description: "Source address", version: "ip_version" }),
    dst: IpAddress({ description: "Destination address", version: "ip_version" }),
    version: Text({ description: "Version of IP. v4 or v6", lookup: "ip_version", member: "ip_version" }),
  },
  { description: "Addresses" },
);

const ports = {
  sport: U16({ description: "Source port", member: "source" }),
  dport: U16({ description: "Destination port", member: "destination" }),
};

const icmp = {
  code: U8({ description: "Code of the message", member: "icmp_code" }),
  type: U8({ description: "Type of the message", member: "icmp_type" }),
  id: U16({ description: "Identifier of the echo", member: "source" }),
};

const sctp = { ...ports, vtag: U32({ description: "Verification tag of this direction. 0 while it is unknown" }) };

const gre = {
  srckey: U16({ description: "Key of the sender. 0 unless PPTP is followed", member: "source" }),
  dstkey: U16({ description: "Key of the receiver. 0 unless PPTP is followed", member: "destination" }),
};

const other = {
  protonum: U8({ description: "Number of the IP protocol" }),
  sport: U16({ description: "Source port. Absent when the kernel tracks none", member: "source", omitZero: true }),
  dport: U16({ description: "Destination port. Absent when the kernel tracks none", member: "destination", omitZero: true }),
};

/** @param form a name in `enum ct_form` of wire.h */
const when = (form: string) => ({ member: "form", equals: form });

const knownProtocols = {
  tcp: Group(ports, { description: "TCP", when: when("CT_TCP") }),
  udp: Group(ports, { description: "UDP", when: when("CT_UDP") }),
  icmp: Group(icmp, { description: "ICMP", when: when("CT_ICMP") }),
  sctp: Group(sctp, { description: "SCTP", when: when("CT_SCTP") }),
};

const allProtocols = {
  ...knownProtocols,
  icmpv6: Group(icmp, { description: "ICMPv6", when: when("CT_ICMPV6") }),
  gre: Group(gre, { description: "GRE", when: when("CT_GRE") }),
  other: Group(other, { description: "Another protocol", when: when("CT_OTHER") }),
};

const protoDescription = "Protocol above IP. Exactly one property, named after the protocol";
const knownTuple = { ip, proto: Group(knownProtocols, { description: protoDescription }) };
const anyTuple = { ip, proto: Group(allProtocols, { description: protoDescription }) };

type Path = "" | "base.";

/** What every connection may have; `path` leads to the `struct ct_connection`. */
function details(path: Path) {
  const only = (part: keyof typeof present) => ({ member: `${path}present`, mask: present[part] });
  return {
    proto_state: OptionalText({
      description: "State of the protocol. Name as in the kernel; only TCP and SCTP have one",
      lookup: "protocol_state",
      member: `${path}proto_state`,
    }),
    mark: U32({ description: "Mark. Absent when the kernel has no conntrack marks", member: `${path}mark`, when: only("mark") }),
    labels: Group(
      {
        hi: U64({ description: "Labels 64 to 127", member: `${path}labels_high` }),
        lo: U64({ description: "Labels 0 to 63", member: `${path}labels_low` }),
      },
      { description: "Labels, one bit each. Absent when none is set", when: only("labels") },
    ),
  };
}

const words = {
  state: "State of the packet within the connection",
  zone_id: "Conntrack zone",
  zone_dir: "Direction that the zone holds for. Original, Reply, Default (both) or None",
  orig: "Original direction",
  reply: "Direction of replies",
  ct_status: "Status bits (IPS_ in nf_conntrack_common.h)",
  parent: "Connection that expected this one",
} as const;

/** A connection of which everything is there that the original requires. */
function knownConnection(path: Path) {
  return {
    zone_id: U16({ description: words.zone_id, member: `${path}zone_id` }),
    zone_dir: Text({ description: words.zone_dir, lookup: "zone_direction", member: `${path}zone_dir` }),
    orig: Group(knownTuple, { description: words.orig, member: `${path}orig` }),
    reply: Group(knownTuple, { description: words.reply, member: `${path}reply` }),
    ...details(path),
    ct_status: U64({ description: words.ct_status, member: `${path}status` }),
  };
}

/** A connection, a template, or nothing. */
function anyConnection(path: Path) {
  const connection = { member: `${path}present`, mask: present.connection };
  const tuples = { member: `${path}present`, mask: present.tuples };
  return {
    zone_id: U16({ description: words.zone_id, member: `${path}zone_id`, when: connection }),
    zone_dir: OptionalText({ description: words.zone_dir, lookup: "zone_direction", member: `${path}zone_dir`, when: connection }),
    orig: Group(anyTuple, { description: `${words.orig}. Absent in templates`, member: `${path}orig`, when: tuples }),
    reply: Group(anyTuple, { description: `${words.reply}. Absent in templates`, member: `${path}reply`, when: tuples }),
    ...details(path),
    ct_status: U64({ description: words.ct_status, member: `${path}status`, when: connection }),
  };
}

/** Properties of section `ct`. */
export const ctSchema = Type.Object({
  state: Text({ description: words.state, lookup: "state" }),
  ...knownConnection("base."),
  parent: TrailingGroup(knownConnection(""), { description: words.parent, member: "parent" }),
});

/** Properties of section `ct-other`, whose values include those of `ct`. */
export const ctOtherSchema = Type.Object({
  state: Text({ description: `${words.state}. Untracked packets have nothing else`, lookup: "state" }),
  ...anyConnection("base."),
  parent: TrailingGroup(anyConnection(""), { description: words.parent, member: "parent" }),
});

export type TrackedConnection = Static<typeof ctOtherSchema>;
