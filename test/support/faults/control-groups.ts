/** Faults of BPF programs of control groups. */
import { mkdirSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { controlGroupMount } from "../control-groups.ts";
import { address, end, type Fault, hold, listen, type Place, port, receive } from "./place.ts";

const enterGroup = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
/** A program that drops is an error for who sends. */
const send = `echo hello > /dev/udp/${address.server}/${port} || true`;

/** A group of this place, which lasts as long as it. */
function groupOf({ trial, client }: Place): string {
  const group = join(controlGroupMount()!, client.name);
  mkdirSync(group, { recursive: true });
  trial.defer(async () => {
    for (let attempt = 0; attempt < 50 && !removed(group); attempt++) await Bun.sleep(20);
  });
  return group;
}

/** The kernel refuses while a process that was killed is still in it. */
function removed(group: string): boolean {
  try {
    if (readdirSync(group).length > 0) rmdirSync(group);
    return true;
  } catch {
    return false;
  }
}

function attach(place: Place, where: Place["client"], direction: "ingress" | "egress"): Promise<void> {
  return hold(place, where, "/usr/bin/python3", join(import.meta.dir, "../cgroup-drop.py"), direction, groupOf(place));
}

export const controlGroupFaults: readonly Fault[] = [
  {
    finding: "cgroup-program",
    at: "client",
    requires: ["cgroup2", "drop-reason:BPF_CGROUP_EGRESS"],
    make: (place) => attach(place, place.client, "egress"),
    provoke: (place) => place.client.run(["sh", "-c", enterGroup, groupOf(place), "bash", "-c", send]),
    mend: ({ client }) => end(client),
  },
  {
    finding: "cgroup-program",
    name: "cgroup-program: of the receiver",
    requires: ["cgroup2"],
    make: async (place) => {
      await attach(place, place.client, "ingress");
      const receiver = ["/usr/bin/python3", "-c", receive, "udp", "0.0.0.0", String(port)];
      await hold(place, place.server, "sh", "-c", enterGroup, groupOf(place), ...receiver);
    },
    provoke: ({ client }) => client.run(["bash", "-c", send]),
    mend: async (place) => {
      await end(place.client);
      await end(place.server);
      await listen(place, place.server, "udp", "0.0.0.0");
    },
  },
];
