/** Faults of sockets. */
import { join } from "node:path";
import { settle } from "../retis.ts";
import { ethernet, ethertype, ipv4, protocol, tcpAck, udp } from "../frames.ts";
import { sendFrame, sendUdp, tryTcp } from "../traffic.ts";
import { address, end, type Fault, hold, listen, macs, mended, nft, type Place, port, receive, sendMany, sendToPort } from "./place.ts";

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

/** Opens the port to all of the server's addresses, in place of what was there. */
async function replaceReceiver(place: Place, kind: "udp" | "tcp"): Promise<void> {
  await end(place.server);
  await listen(place, place.server, kind, "0.0.0.0");
}

function python(place: Place, script: string, ...words: readonly string[]): Promise<void> {
  return hold(place, place.server, "/usr/bin/python3", join(import.meta.dir, "..", script), ...words);
}

const receiveTcp = ["/usr/bin/python3", "-c", receive, "tcp", "0.0.0.0", "7098"] as const;

const route = { source: address.client, destination: address.server };
/** Of those that clients get (net.ipv4.ip_local_port_range). */
const clientPort = 40_000;
const reply = fromClient(protocol.udp, udp(route, { sourcePort: 53, destinationPort: clientPort, payload: Buffer.from("hello") }));
const ofConnection = fromClient(protocol.tcp, tcpAck(route, { sourcePort: 5000, destinationPort: port }));

function fromClient(number: number, payload: Buffer): Buffer {
  return ethernet(macs.server, macs.client, ethertype.ipv4, ipv4(address.client, address.server, number, payload));
}

const ospfNumber = 89;
const ospf = fromClient(ospfNumber, Buffer.alloc(24));
const receiveOspf = `
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, ${ospfNumber})
print("ready", flush=True)
while True: s.recv(65536)
`;

export const socketFaults: readonly Fault[] = [
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
    mend: (place) => replaceReceiver(place, "udp"),
  },
  {
    finding: "udp-listens-in-other-namespace",
    make: (place) => hold(place, place.client, "/usr/bin/python3", "-c", receive, "udp", "0.0.0.0", "7099"),
    provoke: ({ client }) => sendUdp(client, address.server, 7099),
    mend: (place) => hold(place, place.server, "/usr/bin/python3", "-c", receive, "udp", "0.0.0.0", "7099"),
  },
  {
    finding: "receive-buffer-full",
    make: (place) => python(place, "stubborn-receiver.py", "slow", address.server, String(port)),
    provoke: (place) => sendMany(place, 20),
    mend: (place) => replaceReceiver(place, "udp"),
  },
  {
    finding: "accept-queue-full",
    make: (place) => python(place, "stubborn-receiver.py", "full", address.server, String(port)),
    provoke: overflowAcceptQueue,
    mend: (place) => replaceReceiver(place, "tcp"),
  },
  {
    finding: "tcp-listens-on-other-address",
    make: (place) => listen(place, place.server, "tcp", "127.0.0.1"),
    provoke: ({ client }) => tryTcp(client, address.server, port),
    mend: (place) => replaceReceiver(place, "tcp"),
  },
  {
    finding: "tcp-listens-in-other-namespace",
    make: (place) => hold(place, place.client, ...receiveTcp),
    provoke: ({ client }) => tryTcp(client, address.server, 7098),
    mend: (place) => hold(place, place.server, ...receiveTcp),
  },
  {
    finding: "udp-reply-late",
    provoke: ({ client }) => sendFrame(client, "c0", reply),
    mend: (place) => hold(place, place.server, "/usr/bin/python3", "-c", receive, "udp", "0.0.0.0", String(clientPort)),
  },
  {
    // Then the sender opens another one.
    finding: "tcp-connection-unknown",
    provoke: (place) => (mended.has(place) ? tryTcp(place.client, address.server, port) : sendFrame(place.client, "c0", ofConnection)),
    mend: async (place) => {
      await listen(place, place.server, "tcp", "0.0.0.0");
      mended.add(place);
    },
  },
  {
    finding: "protocol-not-handled",
    requires: ["drop-reason:IP_NOPROTO"],
    provoke: ({ client }) => sendFrame(client, "c0", ospf),
    mend: (place) => hold(place, place.server, "/usr/bin/python3", "-c", receiveOspf),
  },
  {
    finding: "socket-filter",
    make: (place) => python(place, "filtered-receiver.py", address.server, String(port)),
    provoke: sendToPort,
    mend: (place) => replaceReceiver(place, "udp"),
  },
];
