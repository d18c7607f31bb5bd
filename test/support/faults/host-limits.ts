/** Faults of limits that all namespaces share. */
import { join } from "node:path";
import { mustRun } from "../command.ts";
import { sendUdp } from "../traffic.ts";
import { address, end, type Fault, hold, macs, mended, type Place, port } from "./place.ts";

/** Sets sysctls of the whole machine, until the end of the scenario. */
async function setForAll({ trial }: Place, ...settings: readonly string[]): Promise<void> {
  for (const setting of settings) {
    const [name = ""] = setting.split("=");
    const before = await mustRun(["sysctl", "-n", name]);
    trial.defer(async () => void (await mustRun(["sysctl", "-qw", `${name}=${before.trim()}`])));
    await mustRun(["sysctl", "-qw", setting]);
  }
}

const python = (place: Place, program: string, ...words: readonly string[]) =>
  place.client.run(["/usr/bin/python3", "-c", program, address.server, String(port), ...words]);

/** Datagrams of 60,000 bytes: each CPU takes 1 MB before the kernel compares with the limit. */
const sendLarge = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(40): s.sendto(b"x" * 60000, (sys.argv[1], int(sys.argv[2])))
`;

/** What is sent after the limit has become lower than what waits. */
const sendStream = `
import socket, struct, subprocess, sys, time
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
def send(count):
    s.setblocking(False)
    sent = 0
    for _ in range(200):
        try:
            while sent < count: sent += s.send(b"x" * min(65536, count - sent))
            break
        except BlockingIOError: time.sleep(0.02)
send(4 << 20)
time.sleep(0.3)
if len(sys.argv) > 3: subprocess.run(["nsenter", "--net=/proc/1/ns/net", "sysctl", "-qw", sys.argv[3]], check=True)
send(1 << 20)
time.sleep(0.5)
# Reset: what was not taken would be sent again and again.
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
s.close()
`;

/** The device segments nothing, so that all parts of one message come to the backlog of the CPU before it processes any. */
const sendBurst = `
import socket, sys
UDP_SEGMENT = 103  # include/uapi/linux/udp.h
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 100)
s.sendto(b"x" * 4000, (sys.argv[1], int(sys.argv[2])))
`;

const before = {
  memory: "40000 50000 60000",
  backlog: "1000",
} as const;

/** Starts it; both ends know each other, as the table of neighbours has no room in this round. */
async function receiver(place: Place, kind: "udp" | "tcp"): Promise<void> {
  await place.client.ip(`neigh replace ${address.server} lladdr ${macs.server} dev c0 nud permanent`);
  await place.server.ip(`neigh replace ${address.client} lladdr ${macs.client} dev s0 nud permanent`);
  const program = join(import.meta.dir, "../hungry-receiver.py");
  await hold(place, place.server, "/usr/bin/python3", program, kind, address.server, String(port));
}

const setNow = (...settings: readonly string[]) => mustRun(["sysctl", "-qw", ...settings]);
const thresholds = (value: number) => [1, 2, 3].map((level) => `net.ipv4.neigh.default.gc_thresh${level}=${value}`);

export const hostLimitFaults: readonly Fault[] = [
  {
    finding: "protocol-memory-exhausted",
    requires: ["guest"],
    ofHost: true,
    make: async (place) => {
      await setForAll(place, "net.ipv4.udp_mem=100 100 100");
      await receiver(place, "udp");
    },
    provoke: (place) => python(place, sendLarge),
    mend: () => setNow(`net.ipv4.udp_mem=${before.memory}`),
  },
  {
    finding: "protocol-memory-exhausted",
    name: "protocol-memory-exhausted: TCP",
    requires: ["guest"],
    ofHost: true,
    make: async (place) => {
      await setForAll(place, `net.ipv4.tcp_mem=${before.memory}`);
      await receiver(place, "tcp");
    },
    provoke: (place) => python(place, sendStream, ...(mended.has(place) ? [] : ["net.ipv4.tcp_mem=100 100 100"])),
    mend: async (place) => {
      await end(place.server);
      await setNow(`net.ipv4.tcp_mem=${before.memory}`);
      await receiver(place, "tcp");
      mended.add(place);
    },
  },
  {
    finding: "cpu-backlog-full",
    requires: ["guest"],
    ofHost: true,
    make: async (place) => {
      await setForAll(place, "net.core.netdev_max_backlog=5");
      await place.client.ip("link set dev c0 gso_max_segs 1");
      await receiver(place, "udp");
    },
    provoke: (place) => python(place, sendBurst),
    mend: () => setNow(`net.core.netdev_max_backlog=${before.backlog}`),
  },
  {
    finding: "neighbour-table-full",
    at: "client",
    requires: ["guest"],
    ofHost: true,
    make: (place) => setForAll(place, ...thresholds(1)),
    // One of them gets the only entry, which stays as long as it is looked for.
    provoke: async ({ client }) => {
      for (let last = 100; last < 106; last++) await sendUdp(client, `10.0.50.${last}`, port);
    },
    mend: () => setNow(...thresholds(1024)),
  },
];
