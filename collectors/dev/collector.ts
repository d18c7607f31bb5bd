import { defineCollector } from "../../core/api/collector.ts";
import hook from "./hook.bpf.o" with { type: "file" };
import { devSection } from "./section.ts";

export default defineCollector({
  name: "dev",
  summary: "The network device that the packet is on",
  apiVersion: 1,
  sections: [devSection],
  args: { device: ["struct net_device *"] },
  kernelTypes: ["struct sk_buff *"],
  setup: () => ({ hooks: [{ object: hook, at: "every-probe" }] }),
});
