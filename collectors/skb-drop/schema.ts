import { IpAddress, OptionalLocation, OptionalText, type Static, Text, TrailingGroup, Type, U16, U64 } from "../../core/api/collector.ts";

const hasAddresses = { member: "version" } as const;

const socket = TrailingGroup(
  {
    protocol: Text({ description: "Protocol. Name, or a number", lookup: "protocol" }),
    state: Text({ description: "State, as the kernel names those of TCP. CLOSE for UDP sockets that are not connected", lookup: "state" }),
    local: IpAddress({ description: "Local address", version: "version", when: hasAddresses }),
    local_port: U16({ description: "Local port", when: hasAddresses }),
    remote: IpAddress({ description: "Address of the peer. Unspecified when not connected", version: "version", when: hasAddresses }),
    remote_port: U16({ description: "Port of the peer. 0 when not connected", when: hasAddresses }),
    cgroup: U64({ description: "Cgroup of the socket. Its id is the inode number of its directory", omitZero: true }),
  },
  { description: "Socket that the packet was for. Linux 6.11+, where it was known", member: "socket" },
);

/** Properties of section `skb-drop`. */
export const skbDropSchema = Type.Object({
  subsys: OptionalText({
    description: "Subsystem that the reason belongs to. Absent for the reasons of the core network stack",
    lookup: "subsys",
    member: "reason",
  }),
  drop_reason: Text({
    description: "Reason of the drop. Name as in the kernel's enum, or a number when the kernel has no name for it",
    lookup: "reason",
    member: "reason",
  }),
  location: OptionalLocation({
    description: "Where the packet was dropped. symbol+0xoffset, its module after it; an address when symbols are hidden",
  }),
  socket,
});

/** How the reason, and rules for the packet, class the drop; rules may change with each release, so files do not have it. */
export const classOfDrop = Type.Optional(
  Type.Union([Type.Literal("problem"), Type.Literal("normal"), Type.Literal("unknown")], {
    description: "Class of the drop. By its reason, place and packet; added when events are shown",
  }),
);

export type SkbDrop = Static<typeof skbDropSchema>;
