/** What waits in a queueing discipline when a packet comes or leaves: by tracepoints where the kernel has them, else by functions. */
import { defineCollector, defineSection, Text, Type, U32 } from "retis/collector";

const section = defineSection({
  key: "qdisc-backlog",
  summary: "Backlog. What waits in the queueing discipline",
  wire: "backlog",
  schema: Type.Object({
    at: Text({ description: "enqueue or dequeue", lookup: "at" }),
    handle: U32({ description: "Major number of the queueing discipline", display: "hex" }),
    packets: U32({ description: "Packets that wait" }),
    backlog: U32({ description: "Bytes that wait", display: "bytes" }),
  }),
});

/** What `retis_probe_value()` gives the hook for each place, less one. The first probe that this kernel has is used. */
const places = ["enqueue", "dequeue"];
const candidates = [
  ["tp:qdisc:qdisc_enqueue", "kprobe:dev_qdisc_enqueue"],
  ["tp:qdisc:qdisc_dequeue", "kprobe:sch_direct_xmit"],
];

export default defineCollector({
  name: "qdisc-backlog",
  summary: "What waits in queueing disciplines",
  api: "1.x",
  sections: [section],
  options: Type.Object({ functions: Type.Boolean({ default: false, description: "Prefer functions to tracepoints" }) }),
  args: { qdisc: [{ type: "struct Qdisc *" }] },
  setup(host, { functions }) {
    const probes = candidates.flatMap((probes, place) =>
      (functions ? probes.toReversed() : probes)
        .filter((probe) => host.whyUnprobeable(probe) === undefined)
        .slice(0, 1)
        .map((probe) => ({ probe, value: place + 1 })),
    );
    return {
      probes,
      hooks: [{ object: "hook.bpf.o", at: probes.map(({ probe }) => probe) }],
      lookups: { at: (value) => places[value - 1] },
    };
  },
});
