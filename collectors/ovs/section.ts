import { defineSection } from "../../core/api/collector.ts";
import { correlateOvs, flowKey } from "./correlate.ts";
import { formatOvs } from "./format.ts";
import { ovsSchema } from "./schema.ts";

/** What Open vSwitch did with a packet: one section for all kinds of events. */
export const ovsSection = defineSection({
  key: "ovs",
  summary: "What the datapath of Open vSwitch did with the packet.",
  wire: "ovs",
  schema: ovsSchema,
  correlate: correlateOvs,
  completedBy: { section: "ovs-detrace", key: flowKey, complete: (lookup, { dpflow, ofpflows }) => ({ ...lookup, dpflow, ofpflows }) },
  format: formatOvs,
});
