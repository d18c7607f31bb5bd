import { apiVersion, defineCollector, defineSection, Line, Type, U32 } from "retis/collector";

export default defineCollector({
  name: "sample",
  summary: "Depth of queues, made up for the tests",
  apiVersion,
  sections: [
    defineSection({
      key: "sample",
      summary: "Queue. Made up.",
      schema: Type.Object({ depth: U32({ description: "Depth of the queue" }) }),
      wire: "queue",
      format: (data) => [{ at: Line.other, text: `depth ${data.depth}` }],
    }),
  ],
  args: { queue: ["struct Qdisc *"] },
  kernelTypes: ["struct sk_buff *"],
  options: Type.Object({
    mode: Type.Union([Type.Literal("fast"), Type.Literal("full")], { default: "fast", description: "How to look" }),
    limit: Type.Optional(Type.Integer({ minimum: 1, description: "Deepest queue to report" })),
    verbose: Type.Boolean({ default: false, description: "Report more" }),
  }),
  setup: () => ({ hooks: [{ object: "hook.bpf.o", at: "every-probe" }] }),
});
