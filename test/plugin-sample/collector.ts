import { defineCollector, Type } from "retis/collector";
import { queueSection } from "./section.ts";

/** Raised when a packet is handed to a device, its queue chosen. */
const netDevQueue = "net:net_dev_queue";

/** Names of priorities: TC_PRIO_* in include/uapi/linux/pkt_sched.h. */
const classes: Readonly<Record<number, string>> = {
  0: "best effort",
  1: "filler",
  2: "bulk",
  4: "interactive bulk",
  6: "interactive",
  7: "control",
};

const options = Type.Object({
  only: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535, description: "Report only events of packets on this queue" })),
});

export default defineCollector({
  name: "queue",
  summary: "The transmit queue, priority and firewall mark of the packet",
  apiVersion: 1,
  sections: [queueSection],
  kernelTypes: ["struct sk_buff *"],
  options,
  check(host) {
    if (host.kernel.parameters(netDevQueue)) return { ok: true };
    return { ok: false, reason: `the kernel has no tracepoint ${netDevQueue}`, hint: "A kernel with CONFIG_NET and tracepoints is needed" };
  },
  setup: (_host, { only }) => ({
    hooks: [{ object: "hook.bpf.o", at: "every-probe" }],
    probes: [`tp:${netDevQueue}`],
    constants: { only: only ?? -1 },
    lookups: { class: (priority) => classes[priority] },
  }),
});
