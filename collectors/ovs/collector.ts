import { defineCollector, type Static, Type } from "../../core/api/collector.ts";
import { checkOvs } from "./check.ts";
import { ovsNames, setToMasked } from "./names.ts";
import { ovsProbes } from "./probes.ts";
import { ovsSection } from "./section.ts";

const options = Type.Object({
  track: Type.Boolean({
    default: false,
    description: "Report packets on their way to ovs-vswitchd and back, with an id that identifies them",
  }),
});

export default defineCollector({
  name: "ovs",
  summary: "What the datapath of Open vSwitch did with the packet: upcalls, flow lookups, actions",
  apiVersion: 1,
  sections: [ovsSection],
  // Given as objects: they do not make further probes useful, as no hook of ours would run there.
  args: {
    upcall_info: [{ type: "struct dp_upcall_info *" }],
    n_mask_hit: [{ type: "u32 *", name: "n_mask_hit" }],
    n_cache_hit: [{ type: "u32 *", name: "n_cache_hit" }],
    flow_key: [{ type: "struct sw_flow_key *" }],
    action: [{ type: "struct nlattr *" }],
    copied_skb: [{ type: "struct sk_buff *", name: "from" }],
    copied_length: [{ type: "int", name: "len" }],
  },
  losses: {
    unreadable: "headers of a packet for user space not readable: it will come back as another one",
    queue_full: "table of packets in user space full: one will come back as another one",
  },
  options,
  check: checkOvs,
  setup(host, { track }: Static<typeof options>) {
    return {
      ...ovsProbes(host, track),
      constants: { track, set_to_masked: setToMasked(host.kernel) },
      lookups: ovsNames(host.kernel),
    };
  },
});
