/** Who owns the sockets whose packets are sent, by user and control group, and how much each sent. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { defineCollector, defineSection, OptionalTextOf, type Run, Text, Type, U64 } from "retis/collector";

const user = Text({ description: "User", member: "uid", lookup: "user" });
const cgroup = OptionalTextOf({ description: "Control group", lookup: "cgroup", members: ["cgroup"] });
const bytes = U64({ description: "Bytes", display: "bytes" });
const [label, totals] = ["Owner. Who owns the socket of the packet", "Owner. What sockets of a user in a control group sent so far"];

/** Control groups by inode number, which is their id. */
function findCgroups(root: string, path = "", found = new Map<bigint, string>()): Map<bigint, string> {
  found.set(BigInt(statSync(root + path).ino), path || "/");
  for (const entry of readdirSync(root + path, { withFileTypes: true }))
    if (entry.isDirectory()) findCgroups(root, `${path}/${entry.name}`, found);
  return found;
}

const lines = (path: string): string[] => readFileSync(path, "utf8").trim().split("\n");
const [users, cgroups] = [new Map<number, string>(), new Map<bigint, string>()];
const userName = (uid: number) => users.get(uid) ?? `${uid}`;
const cgroupName = (id: number | bigint = 0) => cgroups.get(BigInt(id));

function summarize(run: Run): void {
  for (const [key, bytes] of run.map<{ uid: number; cgroup: number }, number>("socket_owner_bytes").entries())
    run.emit({ "socket-owner-summary": { user: userName(key.uid), cgroup: cgroupName(key.cgroup), bytes } });
}

export default defineCollector({
  name: "socket-owner",
  summary: "User and control group of the socket of each packet that is sent",
  api: "1.x",
  sections: [
    defineSection({ key: "socket-owner", summary: label, wire: "owner", schema: Type.Object({ user, cgroup }) }),
    defineSection({ key: "socket-owner-summary", summary: totals, schema: Type.Object({ user, cgroup, bytes }) }),
  ],
  options: Type.Object({ seconds: Type.Integer({ default: 10, minimum: 1, description: "Time between summaries" }) }),
  setup() {
    for (const [name = "", , uid] of lines("/etc/passwd").map((line) => line.split(":"))) users.set(Number(uid), name);
    const root = lines("/proc/self/mounts")
      .find((line) => line.split(" ")[2] === "cgroup2")
      ?.split(" ")[1];
    for (const [id, path] of root ? findCgroups(root) : []) cgroups.set(id, path);
    const probes = ["tp:net:net_dev_queue"];
    return { probes, hooks: [{ object: "hook.bpf.o", at: probes }], lookups: { user: userName }, keyLookups: { cgroup: cgroupName } };
  },
  start: (run) => run.every(run.options.seconds * 1000, () => summarize(run)),
  stop: summarize,
});
