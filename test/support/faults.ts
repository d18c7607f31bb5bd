/** Faults of a host that drop packets, each in namespaces of its own: how they are made, provoked and mended. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "./command.ts";
import { compileBpf } from "./compile-c.ts";
import { ethernet, ethertype, ipv4, ipv6, protocol, udp } from "./frames.ts";
import { sendDatagram } from "./namespace-sockets.ts";
import { connect, createNamespaces, type Namespace } from "./netns.ts";
import { settle } from "./retis.ts";
import type { Trial } from "./scenario.ts";
import { sendFrame, sendUdp, tryTcp } from "./traffic.ts";

/** Two namespaces with a veth pair: client/c0 10.0.50.1 and server/s0 10.0.50.2. */
export interface Place {
  readonly trial: Trial;
  readonly client: Namespace;
  readonly server: Namespace;
}

export interface Fault {
  /** Id of the finding that names the true cause. */
  readonly finding: string;
  /** Where the drops are; by default in the server's namespace. */
  readonly at?: "client";
  /** What the kernel must have; see `requirement.ts`. */
  readonly requires?: readonly string[];
  make?(place: Place): Promise<unknown>;
  provoke(place: Place): Promise<unknown>;
  /** What the finding advises. */
  mend(place: Place): Promise<unknown>;
}

export const macs = { client: "02:00:00:00:50:01", server: "02:00:00:00:50:02" } as const;
const address = { client: "10.0.50.1", server: "10.0.50.2", clientV6: "fd50::1", serverV6: "fd50::2" } as const;
const port = 7000;

export async function makePlace(trial: Trial): Promise<Place> {
  const [client, server] = (await createNamespaces(2)) as [Namespace, Namespace];
  await connect(
    { namespace: client, device: "c0", mac: macs.client, addresses: [`${address.client}/24`, `${address.clientV6}/64`] },
    { namespace: server, device: "s0", mac: macs.server, addresses: [`${address.server}/24`, `${address.serverV6}/64`] },
  );
  return { trial, client, server };
}

/** Receivers that a fault or its mending started, by namespace. */
const receivers = new Map<Namespace, Bun.Subprocess[]>();

async function hold({ trial }: Place, where: Namespace, ...argv: readonly string[]): Promise<void> {
  const child = Bun.spawn([...where.command(...argv)], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  receivers.set(where, [...(receivers.get(where) ?? []), child]);
  trial.defer(() => end(where));
  const { value } = await child.stdout.getReader().read();
  if (value === undefined) throw new Error(`${argv.join(" ")} did not start`);
}

/** Ends what was started in a namespace. */
async function end(where: Namespace): Promise<void> {
  for (const child of receivers.get(where) ?? []) {
    child.kill("SIGKILL");
    await child.exited;
  }
  receivers.delete(where);
}

const receive = `
import socket, sys, threading
kind, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
s.bind((address, port))
if kind == "tcp": s.listen(100)
print("ready", flush=True)
while True: s.recv(65536) if kind == "udp" else s.accept()[0].close()
`;

const connectMany = `
import socket, sys, time
sockets = []
for _ in range(6):
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex((sys.argv[1], int(sys.argv[2])))
    sockets.append(s)
print("ready", flush=True)
sys.stdin.read()
`;

/**
 * A queue that is full refuses further requests; one that is not yet full takes more than it has room for. So the answers to all
 * requests are held up until all were sent.
 */
async function overflowAcceptQueue(place: Place): Promise<void> {
  const { client } = place;
  await nft(client, "add table ip hold\nadd chain ip hold in { type filter hook input priority 0; policy drop; }\n");
  await hold(place, client, "/usr/bin/python3", "-c", connectMany, address.server, String(port));
  await nft(client, "delete table ip hold\n");
  // The server repeats its answers after a second.
  await client.run([
    "sh",
    "-c",
    `for i in $(seq 40); do test $(ss -Htn state established dport = :${port} | wc -l) -gt 3 && break; sleep 0.1; done`,
  ]);
  await settle(place.trial);
  await end(client);
}

function listen(place: Place, where: Namespace, kind: "udp" | "tcp", at: string): Promise<void> {
  return hold(place, where, "/usr/bin/python3", "-c", receive, kind, at, String(port));
}

function stubborn(place: Place, kind: "slow" | "full"): Promise<void> {
  return hold(place, place.server, "/usr/bin/python3", join(import.meta.dir, "stubborn-receiver.py"), kind, address.server, String(port));
}

async function sendMany({ client }: Place, count: number, size = 1000): Promise<void> {
  for (let sent = 0; sent < count; sent++) sendDatagram(client, address.server, port, Buffer.alloc(size, "x"));
}

/** A UDP packet from one address to another, from the client's device. */
function frame(from: string, to: string, { ttl, mac = macs.server, badChecksum = false }: FrameOptions = {}): Buffer {
  const route = { source: from, destination: to };
  const transport = { sourcePort: 5000, destinationPort: port, payload: Buffer.from("hello") };
  if (from.includes(":")) {
    return ethernet(mac, macs.client, ethertype.ipv6, ipv6(from, to, protocol.udp, udp(route, transport)));
  }
  const datagram = udp(route, badChecksum ? { ...transport, checksum: "bad" } : transport);
  return ethernet(mac, macs.client, ethertype.ipv4, ipv4(from, to, protocol.udp, datagram, ttl === undefined ? {} : { ttl }));
}

interface FrameOptions {
  readonly ttl?: number;
  readonly mac?: string;
  readonly badChecksum?: boolean;
}

function send(from: string, to: string, options?: FrameOptions) {
  return ({ client }: Place) => sendFrame(client, "c0", frame(from, to, options));
}

function sysctl(where: "client" | "server", ...settings: readonly string[]) {
  return (place: Place) => place[where].run(["sysctl", "-qw", ...settings]);
}

const forwarding = sysctl("server", "net.ipv4.ip_forward=1");
const sendToPort = ({ client }: Place) => sendUdp(client, address.server, port);
const rule = "udp dport 7000 drop";
const conntrackLimit = "net.netfilter.nf_conntrack_max";
const inputChain = "add table ip t\nadd chain ip t in { type filter hook input priority 0;";

function nft(where: Namespace, text: string): Promise<string> {
  return where.run(["nft", "-f", "-"], { input: text });
}

/** Where the sender itself was at fault, and is so no more. */
const mended = new Set<Place>();

export const faults: readonly Fault[] = [
  { finding: "udp-port-closed", provoke: sendToPort, mend: (place) => listen(place, place.server, "udp", "0.0.0.0") },
  {
    finding: "tcp-port-closed",
    provoke: ({ client }) => tryTcp(client, address.server, port),
    mend: (place) => listen(place, place.server, "tcp", "0.0.0.0"),
  },
  {
    finding: "udp-listens-on-other-address",
    make: (place) => listen(place, place.server, "udp", "127.0.0.1"),
    provoke: sendToPort,
    mend: async (place) => {
      await end(place.server);
      await listen(place, place.server, "udp", "0.0.0.0");
    },
  },
  {
    finding: "udp-listens-in-other-namespace",
    make: (place) => hold(place, place.client, "/usr/bin/python3", "-c", receive, "udp", "0.0.0.0", "7099"),
    provoke: ({ client }) => sendUdp(client, address.server, 7099),
    mend: (place) => hold(place, place.server, "/usr/bin/python3", "-c", receive, "udp", "0.0.0.0", "7099"),
  },
  {
    finding: "receive-buffer-full",
    make: (place) => stubborn(place, "slow"),
    provoke: (place) => sendMany(place, 20),
    mend: async (place) => {
      await end(place.server);
      await listen(place, place.server, "udp", "0.0.0.0");
    },
  },
  {
    finding: "accept-queue-full",
    make: (place) => stubborn(place, "full"),
    provoke: overflowAcceptQueue,
    mend: async (place) => {
      await end(place.server);
      await listen(place, place.server, "tcp", "0.0.0.0");
    },
  },
  {
    finding: "firewall-rule",
    make: ({ server }) =>
      nft(
        server,
        `${inputChain} }
add rule ip t in ${rule}
`,
      ),
    provoke: sendToPort,
    mend: ({ server }) => nft(server, "flush chain ip t in\n"),
  },
  {
    finding: "firewall-policy",
    make: ({ server }) =>
      nft(
        server,
        `${inputChain} policy drop; }
`,
      ),
    provoke: sendToPort,
    mend: ({ server }) => nft(server, "chain ip t in { policy accept; }\n"),
  },
  {
    finding: "reverse-path-filter",
    make: sysctl("server", "net.ipv4.conf.all.rp_filter=1", "net.ipv4.conf.s0.rp_filter=1"),
    provoke: send("10.99.0.1", address.server),
    mend: ({ server }) => server.ip("route add 10.99.0.0/16 dev s0"),
  },
  {
    finding: "no-route",
    make: forwarding,
    provoke: send(address.client, "10.77.0.1"),
    mend: ({ server }) => server.ip("route add 10.77.0.0/16 dev lo", "address add 10.77.0.1/32 dev lo"),
  },
  {
    finding: "refusing-route",
    make: async (place) => {
      await forwarding(place);
      await place.server.ip("route add unreachable 10.78.0.0/16");
    },
    provoke: send(address.client, "10.78.0.1"),
    mend: ({ server }) => server.ip("route del unreachable 10.78.0.0/16", "address add 10.78.0.1/32 dev lo"),
  },
  {
    finding: "forwarding-off",
    make: ({ server }) => server.ip("route add 10.79.0.0/16 via 10.0.50.1"),
    provoke: send(address.client, "10.79.0.1"),
    mend: forwarding,
  },
  {
    finding: "ttl-expired",
    make: async (place) => {
      await forwarding(place);
      await sysctl("client", "net.ipv4.ip_forward=1")(place);
      await place.server.ip("route add 10.80.0.0/16 via 10.0.50.1");
      await place.client.ip("route add 10.80.0.0/16 via 10.0.50.2");
    },
    provoke: send(address.client, "10.80.0.1", { ttl: 1 }),
    mend: ({ server }) => server.ip("route del 10.80.0.0/16", "address add 10.80.0.1/32 dev lo"),
  },
  {
    finding: "local-source-address",
    requires: ["drop-reason:IP_LOCAL_SOURCE"],
    provoke: send(address.server, address.server),
    mend: sysctl("server", "net.ipv4.conf.s0.accept_local=1", "net.ipv4.conf.all.accept_local=1"),
  },
  {
    finding: "loopback-address-from-outside",
    requires: ["drop-reason:IP_LOCALNET"],
    provoke: send(address.client, "127.0.0.1"),
    mend: sysctl("server", "net.ipv4.conf.s0.route_localnet=1"),
  },
  {
    finding: "ipv6-disabled",
    make: sysctl("server", "net.ipv6.conf.s0.disable_ipv6=1"),
    provoke: send(address.clientV6, address.serverV6),
    mend: sysctl("server", "net.ipv6.conf.s0.disable_ipv6=0"),
  },
  {
    finding: "mtu-exceeded",
    make: async (place) => {
      await forwarding(place);
      await place.server.ip(
        "link add narrow type veth peer name narrow1",
        "link set narrow mtu 1000 up",
        "address add 10.81.0.1/16 dev narrow",
      );
    },
    provoke: ({ client }) => sendFrame(client, "c0", largeFrame("10.81.0.2")),
    mend: ({ server }) => server.ip("link set narrow mtu 1500"),
  },
  {
    finding: "neighbour-unresolved",
    at: "client",
    provoke: async ({ client }) => {
      await sendUdp(client, "10.0.50.77", port);
      await client.run(["sh", "-c", "for i in $(seq 50); do ip neigh show 10.0.50.77 | grep -q FAILED && break; sleep 0.1; done"]);
      await sendUdp(client, "10.0.50.77", port);
    },
    make: sysctl("client", "net.ipv4.neigh.c0.retrans_time_ms=100", "net.ipv4.neigh.c0.mcast_solicit=1"),
    mend: ({ server }) => server.ip("address add 10.0.50.77/24 dev s0"),
  },
  {
    finding: "wrong-mac-address",
    make: ({ client }) => client.ip("neigh replace 10.0.50.2 lladdr 02:00:00:00:99:99 dev c0 nud permanent"),
    provoke: sendToPort,
    mend: ({ client }) => client.ip(`neigh replace 10.0.50.2 lladdr ${macs.server} dev c0 nud permanent`),
  },
  {
    // The sender corrects its checksums.
    finding: "bad-checksum",
    provoke: (place) => send(address.client, address.server, { badChecksum: !mended.has(place) })(place),
    mend: async (place) => mended.add(place),
  },
  {
    finding: "queue-full",
    at: "client",
    requires: ["qdisc:root tbf rate 8kbit burst 1600 limit 2000"],
    make: ({ client }) => client.run(["tc", "qdisc", "add", "dev", "c0", "root", "tbf", "rate", "8kbit", "burst", "1600", "limit", "2000"]),
    provoke: (place) => sendMany(place, 20),
    mend: ({ client }) => client.run(["tc", "qdisc", "del", "dev", "c0", "root"]),
  },
  {
    finding: "traffic-control-filter",
    requires: ["tc-drop"],
    make: async ({ server }) => {
      await server.run(["tc", "qdisc", "add", "dev", "s0", "clsact"]);
      await server.run(["tc", "filter", "add", "dev", "s0", "ingress", "matchall", "action", "drop"]);
    },
    provoke: sendToPort,
    mend: ({ server }) => server.run(["tc", "filter", "del", "dev", "s0", "ingress"]),
  },
  {
    finding: "xdp-program",
    requires: ["clang"],
    make: async ({ trial, server }) => {
      // XDP_DROP (include/uapi/linux/bpf.h).
      const text = '__attribute__((section("xdp"), used)) int drop(void *ctx) { return 1; }\n';
      const object = join(trial.directory, "drop.o");
      writeFileSync(object, compileBpf({ source: { text } }));
      await server.run(["ip", "link", "set", "dev", "s0", "xdpgeneric", "obj", object, "sec", "xdp"]);
    },
    provoke: sendToPort,
    mend: async (place) => {
      await listen(place, place.server, "udp", "0.0.0.0");
      await place.server.run(["ip", "link", "set", "dev", "s0", "xdpgeneric", "off"]);
    },
  },
  {
    finding: "conntrack-table-full",
    // The limit is one of all namespaces.
    requires: ["nftables", "guest"],
    make: async (place) => {
      await nft(place.server, `${inputChain} }\nadd rule ip t in ct state new accept\n`);
      await listen(place, place.server, "udp", "0.0.0.0");
      const before = await mustRun(["sysctl", "-n", conntrackLimit]);
      place.trial.defer(async () => void (await mustRun(["sysctl", "-qw", `${conntrackLimit}=${before.trim()}`])));
      // Connections must last until they are counted, in slow guests too.
      await place.server.run(["sysctl", "-qw", "net.netfilter.nf_conntrack_udp_timeout=600"]);
      await mustRun(["sysctl", "-qw", `${conntrackLimit}=3`]);
    },
    provoke: (place) => sendMany(place, 6),
    mend: () => mustRun(["sysctl", "-qw", `${conntrackLimit}=1000`]),
  },
  {
    finding: "unknown-vni",
    requires: ["vxlan"],
    make: async ({ client, server }) => {
      await client.ip(
        `link add vx type vxlan id 5 remote ${address.server} dstport 4789 dev c0`,
        "address add 10.82.0.1/24 dev vx",
        "link set vx up",
      );
      await client.ip("neigh add 10.82.0.2 lladdr 02:00:00:00:82:02 dev vx");
      await server.ip(
        `link add vx type vxlan id 6 remote ${address.client} dstport 4789 dev s0`,
        "address add 10.82.0.2/24 dev vx",
        "link set vx up",
      );
    },
    provoke: ({ client }) => sendUdp(client, "10.82.0.2", port),
    mend: async ({ server }) => {
      await server.ip("link del vx");
      await server.ip(`link add vx type vxlan id 5 remote ${address.client} dstport 4789 dev s0`, "link set vx up");
    },
  },
  {
    finding: "bridge-port-blocked",
    requires: ["bridge", "drop-reason:BRIDGE_INGRESS_STP_STATE"],
    make: ({ server }) => server.ip("link add name bridge0 type bridge stp_state 1", "link set bridge0 up", "link set s0 master bridge0"),
    provoke: sendToPort,
    mend: ({ server }) => server.ip("link set bridge0 type bridge stp_state 0", "link set s0 down", "link set s0 up"),
  },
];

/** A UDP packet of 1,400 bytes that must not be fragmented. */
function largeFrame(to: string): Buffer {
  const route = { source: address.client, destination: to };
  const datagram = udp(route, { sourcePort: 5000, destinationPort: port, payload: Buffer.alloc(1372, "x") });
  const packet = ipv4(address.client, to, protocol.udp, datagram, { dontFragment: true });
  return ethernet(macs.server, macs.client, ethertype.ipv4, packet);
}
