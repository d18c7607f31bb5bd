/** Faults of limits that all namespaces share. */
import { join } from "node:path";
import { mustRun } from "../command.ts";
import { sendUdp } from "../traffic.ts";
import { address, type Fault, hold, macs, type Place, port } from "./place.ts";

/** Sets sysctls of the whole machine, until the end of the scenario. */
async function setForAll({ trial }: Place, ...settings: readonly string[]): Promise<void> {
  for (const setting of settings) {
    const [name = ""] = setting.split("=");
    const before = await mustRun(["sysctl", "-n", name]);
    trial.defer(async () => void (await mustRun(["sysctl", "-qw", `${name}=${before.trim()}`])));
    await mustRun(["sysctl", "-qw", setting]);
  }
}

const python = (place: Place, program: string) => place.client.run(["/usr/bin/python3", "-c", program, address.server, String(port)]);

/** Datagrams of 60,000 bytes: each CPU takes 1 MB before the kernel compares with the limit. */
const sendLarge = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(40): s.sendto(b"x" * 60000, (sys.argv[1], int(sys.argv[2])))
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
async function receiver(place: Place): Promise<void> {
  await place.client.ip(`neigh replace ${address.server} lladdr ${macs.server} dev c0 nud permanent`);
  await place.server.ip(`neigh replace ${address.client} lladdr ${macs.client} dev s0 nud permanent`);
  const program = join(import.meta.dir, "../hungry-receiver.py");
  await hold(place, place.server, "/usr/bin/python3", program, address.server, String(port));
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
      await receiver(place);
    },
    provoke: (place) => python(place, sendLarge),
    mend: () => setNow(`net.ipv4.udp_mem=${before.memory}`),
  },
  {
    finding: "cpu-backlog-full",
    requires: ["guest"],
    ofHost: true,
    make: async (place) => {
      await setForAll(place, "net.core.netdev_max_backlog=5");
      await place.client.ip("link set dev c0 gso_max_segs 1");
      await receiver(place);
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
