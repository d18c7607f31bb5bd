/** Faults of limits that all namespaces share. */
import { mustRun } from "../command.ts";
import { sendUdp } from "../traffic.ts";
import { type Fault, type Place, port } from "./place.ts";

/** Sets sysctls of the whole machine, until the end of the scenario. */
async function setForAll({ trial }: Place, ...settings: readonly string[]): Promise<void> {
  for (const setting of settings) {
    const [name = ""] = setting.split("=");
    const before = await mustRun(["sysctl", "-n", name]);
    trial.defer(async () => void (await mustRun(["sysctl", "-qw", `${name}=${before.trim()}`])));
    await mustRun(["sysctl", "-qw", setting]);
  }
}

const setNow = (...settings: readonly string[]) => mustRun(["sysctl", "-qw", ...settings]);
const thresholds = (value: number) => [1, 2, 3].map((level) => `net.ipv4.neigh.default.gc_thresh${level}=${value}`);

export const hostLimitFaults: readonly Fault[] = [
  {
    finding: "neighbour-table-full",
    at: "client",
    requires: ["guest"],
    ofHost: true,
    make: async (place) => {
      await setForAll(place, ...thresholds(1));
      await place.client.ip("link add name d0 type dummy", "address add 10.84.0.1/16 dev d0", "link set d0 up");
    },
    provoke: async ({ client }) => {
      for (let last = 2; last < 8; last++) await sendUdp(client, `10.84.0.${last}`, port);
    },
    mend: () => setNow(...thresholds(1024)),
  },
];
