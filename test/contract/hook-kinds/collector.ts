/** A collector with one hook of each kind, for hook-kinds.test.ts. */
import { defineCollector, defineSection, Type, U32 } from "retis/collector";

const everywhere = defineSection({
  key: "everywhere",
  summary: "What the generic hook saw.",
  wire: "everywhere",
  schema: Type.Object({ extension: U32({ description: "What the context hook left" }) }),
});

const named = defineSection({
  key: "named",
  summary: "Shows that the hook for one probe ran.",
  wire: "named",
  schema: Type.Object({ order: U32({ description: "Sections before this one in the record" }) }),
});

export default defineCollector({
  name: "kinds",
  summary: "One hook of each kind",
  apiVersion: 1,
  sections: [everywhere, named],
  kernelTypes: ["struct sk_buff *"],
  setup: () => ({
    hooks: [
      { object: "everywhere.bpf.o", at: "every-probe" },
      { object: "named.bpf.o", at: ["tp:net:net_dev_start_xmit"] },
      { object: "context.bpf.o", at: ["tp:net:net_dev_queue"] },
    ],
    probes: ["tp:net:net_dev_queue", "tp:net:net_dev_start_xmit"],
  }),
});
