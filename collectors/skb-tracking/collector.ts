import { defineCollector } from "../../core/api/collector.ts";
import hook from "./hook.bpf.o" with { type: "file" };
import { skbTrackingSection } from "./section.ts";

export default defineCollector({
  name: "skb-tracking",
  summary: "Which packet it is, so that retis sort can show its path",
  apiVersion: 1,
  sections: [skbTrackingSection],
  kernelTypes: ["struct sk_buff *"],
  setup: () => ({ hooks: [{ object: hook, at: "every-probe" }], tracking: true }),
});
