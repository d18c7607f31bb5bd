import { defineSection } from "../../core/api/collector.ts";
import { formatSkbDrop } from "./format.ts";
import { classOfDrop, skbDropSchema } from "./schema.ts";

/** Why an skb was freed. Names are stored, not numbers, as the kernel renumbers its reasons with nearly every release. */
export const skbDropSection = defineSection({
  key: "skb-drop",
  summary: "Why the packet was dropped.",
  wire: "skb_drop",
  schema: skbDropSchema,
  shown: { class: classOfDrop },
  format: formatSkbDrop,
});
