import { defineCollector, type Host, type Static, Type } from "../../core/api/collector.ts";
import { checkOvs } from "./check.ts";
import { detraceSection } from "./enrichment/section.ts";
import { FlowEnrichment } from "./enrichment/enrich-flows.ts";
import { ovsNames, ovsTexts, setToMasked } from "./names.ts";
import { ovsProbes } from "./probes.ts";
import { rowsFor } from "./queue-size.ts";
import { ovsSection } from "./section.ts";

const options = Type.Object({
  track: Type.Boolean({
    default: false,
    description: "Report packets on their way to ovs-vswitchd and back, with an id that identifies them",
  }),
  queueSize: Type.Integer({
    default: 16_384,
    minimum: 8,
    maximum: 4_194_304,
    description: "Packets in user space that are known again when they come back",
  }),
  enrichFlows: Type.Boolean({
    default: false,
    description: "Report the text and the OpenFlow rules of each flow that packets hit, as ovs-vswitchd knows them",
  }),
  enrichRate: Type.Integer({ default: 20, minimum: 1, maximum: 1000, description: "Flows per second that ovs-vswitchd is queried about" }),
});

/** What asks for flows in runs with `--ovs-enrich-flows`. */
const enrichments = new WeakMap<Host, FlowEnrichment>();

export default defineCollector({
  name: "ovs",
  summary: "What the datapath of Open vSwitch did with the packet: upcalls, flow lookups, actions",
  apiVersion: 1,
  sections: [ovsSection, detraceSection],
  // Given as objects: they do not make further probes useful, as no hook of ours would run there.
  args: {
    datapath: [{ type: "struct datapath *" }],
    upcall_info: [{ type: "struct dp_upcall_info *" }],
    n_mask_hit: [{ type: "u32 *", name: "n_mask_hit" }],
    n_cache_hit: [{ type: "u32 *", name: "n_cache_hit" }],
    flow_key: [{ type: "struct sw_flow_key *" }],
    action: [{ type: "struct nlattr *" }],
    copied_skb: [{ type: "struct sk_buff *", name: "from" }],
    copied_length: [{ type: "int", name: "len" }],
    command_net: [{ type: "struct net *", name: "net" }],
  },
  losses: {
    unreadable: "headers of a packet for user space not readable: it will come back as another one",
    queue_full: "table of packets in user space full: one will come back as another one (--ovs-queue-size)",
  },
  options,
  dropReasons: [{ subsystem: "openvswitch", enum: "ovs_drop_reason" }],
  async dropKnowledge() {
    const { ovsDropAdvice, ovsDropLocations } = await import("./drop-advice.ts");
    return { advice: ovsDropAdvice, locations: ovsDropLocations };
  },
  check: checkOvs,
  setup(host, values: Static<typeof options>) {
    const { track, enrichFlows } = values;
    const rows = rowsFor(values.queueSize);
    return {
      ...ovsProbes(host, track),
      constants: { track, row_mask: rows - 1, set_to_masked: setToMasked(host.kernel) },
      maps: { ovs_queue: { entries: rows } },
      lookups: ovsNames(host.kernel),
      keyLookups: ovsTexts,
      // The daemon's control socket is reached through the root of its process, and belongs to its user.
      ...(enrichFlows ? { capabilities: ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE"] as const } : {}),
    };
  },
  start(run) {
    const { enrichFlows, enrichRate } = run.options;
    if (!enrichFlows) return;
    const enrichment = new FlowEnrichment(run);
    enrichments.set(run, enrichment);
    enrichment.start(enrichRate);
  },
  stop(run) {
    enrichments.get(run)?.stop();
  },
});
