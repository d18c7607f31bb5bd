import { OptionalText, type Static, Text, Type } from "../../core/api/collector.ts";

/** Properties of section `skb-drop`. */
export const skbDropSchema = Type.Object({
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
});

export type SkbDrop = Static<typeof skbDropSchema>;
