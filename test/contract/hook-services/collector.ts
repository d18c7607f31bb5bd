/** A collector that uses the services of the engine for hooks, for hook-services.test.ts. */
import { Bool, defineCollector, defineSection, Type, U64 } from "retis/collector";

const services = defineSection({
  key: "services",
  summary: "What the hooks found.",
  wire: "services",
  schema: Type.Object({
    length: U64({ description: "The tracepoint's last argument. One of two of its type" }),
    same_skb: Bool({ description: "The probe before on this stack noted this skb" }),
    is_copy: Bool({ description: "The hook was given a copy of the skb" }),
  }),
});

export default defineCollector({
  name: "services",
  summary: "Hooks that pass on what they know",
  apiVersion: 1,
  sections: [services],
  // net_dev_xmit(skb, int rc, dev, unsigned int len)
  args: { length: [{ type: "unsigned int", position: 3 }] },
  losses: { counted: "hit on purpose" },
  setup: () => ({
    hooks: [
      { object: "queue.bpf.o", at: ["tp:net:net_dev_queue"] },
      { object: "xmit.bpf.o", at: ["tp:net:net_dev_start_xmit", "tp:net:net_dev_xmit"] },
    ],
    probes: [{ probe: "tp:net:net_dev_queue", light: true }, "tp:net:net_dev_start_xmit", "tp:net:net_dev_xmit"],
    maps: { services_queued: { entries: 128 } },
    tracking: true,
  }),
});
