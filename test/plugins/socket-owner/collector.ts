/** Who owns the sockets whose packets are sent, by user and control group, and how much each sent. */
import { defineCollector, defineSection, type Host, OptionalTextOf, type Run, Text, Type, U64 } from "retis/collector";

const user = Text({ description: "User", member: "uid", lookup: "user" });
const cgroup = OptionalTextOf({ description: "Control group", lookup: "cgroup", members: ["cgroup"] });
const bytes = U64({ description: "Bytes", display: "bytes" });
const [label, totals] = ["Owner. Who owns the socket of the packet", "Owner. What sockets of a user in a control group sent so far"];

const names = (host: Host) => ({
  user: (uid: number) => host.userspace.userName(uid) ?? `${uid}`,
  cgroup: (id: number | bigint) => host.workloads.controlGroupPath(id),
});

function summarize(run: Run): void {
  const { user, cgroup } = names(run);
  for (const [key, bytes] of run.map<{ uid: number; cgroup: number }, number>("socket_owner_bytes").entries())
    run.emit({ "socket-owner-summary": { user: user(key.uid), cgroup: cgroup(key.cgroup), bytes } });
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
  setup(host) {
    const [probes, { user, cgroup }] = [["tp:net:net_dev_queue"], names(host)];
    const hooks = [{ object: "hook.bpf.o", at: probes }];
    return { probes, hooks, lookups: { user }, keyLookups: { cgroup }, capabilities: ["CAP_DAC_READ_SEARCH"] };
  },
  start: (run) => run.every(run.options.seconds * 1000, () => summarize(run)),
  stop: summarize,
});
