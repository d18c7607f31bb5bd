import { defineSection } from "../../core/api/collector.ts";
import { formatNetNamespace } from "./format.ts";
import { netnsSchema } from "./schema.ts";

/** The network namespace that the packet is in. */
export const netnsSection = defineSection({
  key: "netns",
  summary: "Network namespace that the packet is in.",
  wire: "netns",
  schema: netnsSchema,
  format: formatNetNamespace,
});
