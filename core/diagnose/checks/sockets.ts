/** Causes of drops at sockets. */
import type { Check } from "../check.ts";
import { transportOf } from "../check.ts";
import type { Finding } from "../finding.ts";
import { type HostView, sysctlEvidence } from "../host-view.ts";
import type { PacketFacts } from "../packet-facts.ts";
import { type SocketEntry, socketsOf } from "../sockets-table.ts";

/** Nothing listens on the port, or not on this address, or in another namespace. */
export const noListener: Check = {
  reasons: ["NO_SOCKET"],
  examine(group, view) {
    const transport = transportOf(group);
    const { destination, destinationPort: port } = group.packet ?? {};
    if (transport === undefined || port === undefined || destination === undefined) return [];
    const open = socketsOf(view, transport).filter((socket) => socket.isOpen && socket.port === port);
    const [elsewhere] = open.filter((socket) => !socket.isAny && socket.address !== destination);
    if (elsewhere !== undefined) return [otherAddress(transport, elsewhere, destination)];
    if (open.length > 0) return [];
    if (group.packet?.opensConnection === false) return [unknownConnection(group.packet)];
    const tunnel = transport === "udp" ? tunnels[port] : undefined;
    // The other end has the port too.
    const inOther = tunnel === undefined ? otherListener(view, transport, port) : undefined;
    const evidence = { source: `/proc/net/${transport}, /proc/net/${transport}6`, value: `no open socket with port ${port}` };
    const late = transport === "udp" && group.packet !== undefined ? lateReply(group.packet, view) : undefined;
    return [
      ...(late === undefined ? [] : [late]),
      ...(inOther === undefined ? [] : [otherNamespace(transport, port, inOther.name, evidence)]),
      {
        id: `${transport}-port-closed`,
        cause: `Nothing listens on ${transport.toUpperCase()} port ${port}`,
        certainty: inOther === undefined && late === undefined ? "certain" : "possible",
        evidence: [evidence],
        change:
          tunnel === undefined
            ? "Start the application that should listen there, or send to the right host and port"
            : `Add the end of the tunnel on this host (ip link add ... type ${tunnel}), or correct the address at the other end`,
      },
    ];
  },
};

/** Ports that tunnels have by default, and the type of their devices. */
const tunnels: Readonly<Record<number, string>> = { 4789: "vxlan", 8472: "vxlan", 6081: "geneve", 51_820: "wireguard" };

function otherListener(view: HostView, transport: "tcp" | "udp", port: number): ReturnType<HostView["others"]>[number] | undefined {
  return view.others().find((other) => socketsOf(other.view, transport).some((socket) => socket.isOpen && socket.port === port));
}

/** Not the first packet of a connection. */
function unknownConnection({ source, sourcePort, destinationPort: port }: PacketFacts): Finding {
  return {
    id: "tcp-connection-unknown",
    cause: `The packet belongs to a TCP connection that this host does not have: it was closed or timed out here, or belongs to another host`,
    certainty: "certain",
    evidence: [
      { source: "packet", value: `from ${source} port ${sourcePort} to port ${port}, does not open a connection` },
      { source: "/proc/net/tcp, /proc/net/tcp6", value: `no open socket with port ${port}` },
    ],
    change:
      "A few after the end of a connection are harmless; if connections break, look for a restart of the application, time-outs on the way (NAT, load balancers; set keepalives below them), and packets that take another way back",
  };
}

/** From a server's port to one that clients get. */
function lateReply({ source, sourcePort = 0, destinationPort = 0 }: PacketFacts, view: HostView): Finding | undefined {
  const name = "net.ipv4.ip_local_port_range";
  const [first = Number.NaN, last = Number.NaN] = (view.sysctl(name) ?? "").split(/\s+/).map(Number);
  if (!(sourcePort < first && first <= destinationPort && destinationPort <= last)) return undefined;
  return {
    id: "udp-reply-late",
    cause: `Replies of ${source} port ${sourcePort} come after their sockets were closed: the application waits too short, or ended`,
    certainty: "possible",
    evidence: [{ source: "packet", value: `from port ${sourcePort} to port ${destinationPort}` }, sysctlEvidence(view, name)],
    change: `Measure how long ${source} takes to answer; make it faster, or raise the time-out of the application`,
  };
}

function otherAddress(transport: string, { address, port, file }: SocketEntry, destination: string): Finding {
  return {
    id: `${transport}-listens-on-other-address`,
    cause: `The application listens on ${address} only, and the packet is for ${destination}`,
    certainty: "certain",
    evidence: [{ source: file, value: `open socket at ${address} port ${port}` }],
    change: `Configure the application to listen on ${destination} or on all addresses`,
  };
}

function otherNamespace(transport: string, port: number, name: string, evidence: Finding["evidence"][number]): Finding {
  return {
    id: `${transport}-listens-in-other-namespace`,
    cause: `Nothing listens on ${transport.toUpperCase()} port ${port} in this namespace; something does in namespace ${name}`,
    certainty: "possible",
    evidence: [evidence, { source: `/proc/net/${transport} of namespace ${name}`, value: `open socket with port ${port}` }],
    change: `Send to an address of namespace ${name}, or run the application in this one`,
  };
}

/** The receive buffer of a socket is full, as the application does not read. */
export const receiveBuffer: Check = {
  reasons: ["SOCKET_RCVBUFF"],
  examine(group, view) {
    const transport = transportOf(group);
    const port = group.packet?.destinationPort;
    if (transport === undefined || port === undefined) return [];
    const sockets = socketsOf(view, transport).filter((socket) => socket.port === port && !isListening(socket, transport));
    const fullest = sockets.toSorted((a, b) => b.receiveQueue - a.receiveQueue)[0];
    const state =
      fullest === undefined
        ? { source: `/proc/net/${transport}, /proc/net/${transport}6`, value: `no socket with port ${port} now` }
        : { source: fullest.file, value: `port ${port}: ${fullest.receiveQueue} bytes wait${droppedText(fullest)}` };
    return [
      {
        id: "receive-buffer-full",
        cause: `The application at ${transport.toUpperCase()} port ${port} reads more slowly than data arrives`,
        certainty: fullest !== undefined && (fullest.receiveQueue > 0 || fullest.drops > 0) ? "certain" : "possible",
        evidence: [state, sysctlEvidence(view, "net.core.rmem_default"), sysctlEvidence(view, "net.core.rmem_max")],
        change: `Find out why the application does not read (ss -nmp sport = ${port}); for bursts, raise SO_RCVBUF or net.core.rmem_default`,
      },
    ];
  },
};

function droppedText({ drops }: SocketEntry): string {
  return drops > 0 ? `, ${drops} dropped` : "";
}

function isListening({ isOpen }: SocketEntry, transport: "tcp" | "udp"): boolean {
  return transport === "tcp" && isOpen;
}

/** The accept queue of a listening socket is full. */
export const listenBacklog: Check = {
  reasons: ["TCP_LISTEN_OVERFLOW", "NOT_SPECIFIED", "NO_SOCKET"],
  examine(group, view) {
    const port = group.packet?.destinationPort;
    if (transportOf(group) !== "tcp" || port === undefined) return [];
    const socket = socketsOf(view, "tcp").find((each) => each.isOpen && each.port === port && each.receiveQueue > 0);
    const limit = acceptLimit(view, port);
    if (socket === undefined || (limit !== undefined && socket.receiveQueue <= limit)) return [];
    return [
      {
        id: "accept-queue-full",
        cause: `The application at TCP port ${port} accepts connections too slowly: its accept queue is full`,
        certainty: limit === undefined ? "possible" : "certain",
        evidence: [
          { source: socket.file, value: `port ${port}: ${socket.receiveQueue} connections wait to be accepted` },
          ...(limit === undefined ? [] : [{ source: `ss -Hltn sport = :${port}`, value: `backlog ${limit}` }]),
          sysctlEvidence(view, "net.core.somaxconn"),
        ],
        change: "Find out why the application does not accept; for bursts, raise the backlog of its listen(2) and net.core.somaxconn",
      },
    ];
  },
};

/** Backlog of the listening socket, which /proc/net/tcp does not have. */
function acceptLimit(view: HostView, port: number): number | undefined {
  const line = view.output("ss", "-Hltn", "sport", "=", `:${port}`)?.trim();
  return line ? Number(line.split(/\s+/)[2]) : undefined;
}

/** Use of the limit from which on it is taken for exceeded: what was refused is not counted. */
const nearlyAll = 0.9;

/** Sockets of a protocol together have too much memory. */
export const protocolMemory: Check = {
  reasons: ["PROTO_MEM"],
  examine(group, view) {
    const transport = transportOf(group) ?? /tcp|udp/.exec(group.location ?? "")?.[0];
    if (transport === undefined) return [];
    const protocol = transport.toUpperCase();
    const name = `net.ipv4.${transport}_mem`;
    const used = Number(new RegExp(`^${protocol}: .*\\bmem (\\d+)`, "m").exec(view.file("/proc/net/sockstat") ?? "")?.[1]);
    const limit = Number(view.sysctl(name)?.trim().split(/\s+/)[2]);
    const evidence = [
      { source: "/proc/net/sockstat", value: `${protocol} memory: ${Number.isNaN(used) ? "?" : used} pages` },
      sysctlEvidence(view, name),
    ];
    if (used >= limit * nearlyAll) {
      return [
        {
          id: "protocol-memory-exhausted",
          cause: `All ${protocol} sockets together need more memory than the host allows`,
          certainty: "certain",
          evidence,
          change: `Look for sockets with large queues (ss -nmp); raise the limits: sysctl -w ${name}='MIN PRESSURE MAX'`,
        },
      ];
    }
    return [
      {
        id: "protocol-memory-exhausted",
        cause: `A ${protocol} socket got no memory for its data: all of them together were at their limit, or those of its control group${transport === "tcp" ? ", or its own queue was full" : ""}`,
        certainty: "possible",
        evidence,
        change: `Look while it happens for sockets with large queues (ss -nmp) and at memory.events of the application's control group; raise the limit that is reached: sysctl -w ${name}='MIN PRESSURE MAX', or memory.max`,
      },
    ];
  },
};

/** No protocol of the kernel and no raw socket takes what is in the IP packet. */
export const unknownProtocol: Check = {
  reasons: ["IP_NOPROTO"],
  examine({ packet }, view) {
    if (packet?.protocol === undefined) return [];
    const { protocol, version } = packet;
    const file = version === 6 ? "/proc/net/raw6" : "/proc/net/raw";
    const sockets = (view.file(file) ?? "").match(new RegExp(`:0*${protocol.toString(16)} `, "gi")) ?? [];
    const { name, taker } = takers[protocol] ?? { name: undefined, taker: "the program or kernel module that should take it" };
    return [
      {
        id: "protocol-not-handled",
        cause: `Nothing on this host takes IP protocol ${protocol}${name === undefined ? "" : ` (${name})`}`,
        certainty: sockets.length === 0 ? "certain" : "possible",
        evidence: [{ source: file, value: sockets.length === 0 ? `no raw socket for protocol ${protocol}` : `${sockets.length} now` }],
        change: `Start ${taker}, or stop the sender`,
      },
    ];
  },
};

/** What usually takes protocols (IANA numbers) that hosts may lack. */
const takers: Readonly<Record<number, { readonly name: string; readonly taker: string }>> = {
  4: { name: "IP in IP", taker: "the end of the tunnel (ip link add ... type ipip)" },
  41: { name: "IPv6 in IP", taker: "the end of the tunnel (ip link add ... type sit)" },
  47: { name: "GRE", taker: "the end of the tunnel (ip link add ... type gre)" },
  50: { name: "ESP", taker: "IPsec (the IKE daemon; kernel module esp4 or esp6)" },
  51: { name: "AH", taker: "IPsec (the IKE daemon; kernel module ah4 or ah6)" },
  88: { name: "EIGRP", taker: "the routing daemon" },
  89: { name: "OSPF", taker: "the routing daemon" },
  103: { name: "PIM", taker: "the routing daemon" },
  112: { name: "VRRP", taker: "the VRRP daemon, such as keepalived" },
  115: { name: "L2TP", taker: "the end of the tunnel (ip l2tp add tunnel ...)" },
  132: { name: "SCTP", taker: "the application; kernel module sctp" },
};
