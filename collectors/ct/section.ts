import { defineSection, Group, IpAddress, OptionalText, Text, TrailingGroup, Type, U16, U32, U64, U8 } from "../../core/api/collector.ts";
import { formatConnection } from "./format.ts";

/** `enum ct_form` of wire.h: what a tuple has beside addresses. */
const form = { tcp: 1, udp: 2, icmp: 3, icmpv6: 4, sctp: 5, gre: 6, other: 7 } as const;
/** Bits of `ct_connection.present` of wire.h. */
const present = { connection: 1, tuples: 2, mark: 4, labels: 8 } as const;

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

const when = (kind: keyof typeof form) => ({ member: "form", equals: form[kind] });

/** Exactly one of these is there. */
const proto = Group(
  {
    tcp: Group(ports, { description: "TCP", when: when("tcp") }),
    udp: Group(ports, { description: "UDP", when: when("udp") }),
    icmp: Group(icmp, { description: "ICMP", when: when("icmp") }),
    icmpv6: Group(icmp, { description: "ICMPv6", when: when("icmpv6") }),
    sctp: Group(
      { ...ports, vtag: U32({ description: "Verification tag of this direction. 0 while it is unknown" }) },
      { description: "SCTP", when: when("sctp") },
    ),
    gre: Group(
      {
        srckey: U16({ description: "Key of the sender. 0 unless PPTP is followed", member: "source" }),
        dstkey: U16({ description: "Key of the receiver. 0 unless PPTP is followed", member: "destination" }),
      },
      { description: "GRE", when: when("gre") },
    ),
    other: Group(
      {
        protonum: U8({ description: "Number of the IP protocol" }),
        sport: U16({ description: "Source port. Absent when the kernel tracks none", member: "source", omitZero: true }),
        dport: U16({ description: "Destination port. Absent when the kernel tracks none", member: "destination", omitZero: true }),
      },
      { description: "Another protocol", when: when("other") },
    ),
  },
  { description: "Protocol above IP. Exactly one property, named after the protocol" },
);

/** What tells a connection; `path` leads to the `struct ct_connection`. */
function connection(path: "" | "base.") {
  const member = <const N extends string>(name: N) => `${path}${name}` as const;
  const only = (part: keyof typeof present) => ({ member: member("present"), mask: present[part] });
  return {
    zone_id: U16({ description: "Conntrack zone", member: member("zone_id"), when: only("connection") }),
    zone_dir: OptionalText({
      description: "Direction that the zone holds for. Original, Reply, Default (both) or None",
      lookup: "zone_direction",
      member: member("zone_dir"),
      when: only("connection"),
    }),
    orig: Group({ ip, proto }, { description: "Original direction. Absent in templates", member: member("orig"), when: only("tuples") }),
    reply: Group({ ip, proto }, { description: "Direction of replies. Absent in templates", member: member("reply"), when: only("tuples") }),
    proto_state: OptionalText({
      description: "State of the protocol. Name as in the kernel; only TCP and SCTP have one",
      lookup: "protocol_state",
      member: member("proto_state"),
    }),
    mark: U32({ description: "Mark. Absent when the kernel has no conntrack marks", member: member("mark"), when: only("mark") }),
    labels: Group(
      {
        hi: U64({ description: "Labels 64 to 127", member: member("labels_high") }),
        lo: U64({ description: "Labels 0 to 63", member: member("labels_low") }),
      },
      { description: "Labels, one bit each. Absent when none is set", when: only("labels") },
    ),
    ct_status: U64({ description: "Status bits (IPS_ in nf_conntrack_common.h)", member: member("status"), when: only("connection") }),
  };
}

/** The connection that the packet belongs to. Untracked packets have the state alone. */
export const ctSection = defineSection({
  key: "ct",
  summary: "Connection that the packet belongs to, as netfilter tracks it.",
  wire: "ct",
  schema: Type.Object({
    state: Text({ description: "State of the packet within the connection. Untracked packets have nothing else", lookup: "state" }),
    ...connection("base."),
    parent: TrailingGroup(connection(""), { description: "Connection that expected this one", member: "parent" }),
  }),
  format: (ct, context) => formatConnection(ct, context),
});
