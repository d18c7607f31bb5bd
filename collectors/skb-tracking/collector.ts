import { defineCollector } from "../../core/api/collector.ts";
import hook from "./hook.bpf.o" with { type: "file" };
import { skbTrackingSection } from "./section.ts";

export default defineCollector({
  name: "skb-tracking",
  summary: "The identity of the packet, from which retis sort shows its path",
  apiVersion: 1,
  sections: [skbTrackingSection],
  kernelTypes: ["struct sk_buff *"],
  setup: () => ({ hooks: [{ object: hook, at: "every-probe" }], tracking: true }),
});
