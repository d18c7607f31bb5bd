import { defineSection, OptionalText, Text, Type } from "../../core/api/collector.ts";
import { formatSkbDrop } from "./format.ts";

/** Why an skb was freed. Names are stored, not numbers, as the kernel renumbers its reasons with nearly every release. */
export const skbDropSection = defineSection({
  key: "skb-drop",
  summary: "Why the packet was dropped.",
  wire: "skb_drop",
  schema: Type.Object({
    subsys: OptionalText({
      description: "Subsystem that the reason belongs to. Absent for the reasons of the core network stack",
      lookup: "subsys",
      member: "reason",
    }),
    drop_reason: Text({
      description: "Reason of the drop. Name as in the kernel's enum, or a number when the kernel has no name for it",
      lookup: "reason",
      member: "reason",
    }),
  }),
  format: formatSkbDrop,
});
