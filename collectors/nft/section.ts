import { defineSection } from "../../core/api/collector.ts";
import { formatNft } from "./format.ts";
import { nftSchema } from "./schema.ts";

/** The rule or policy of nftables that took effect. Handles are those that `nft -a list ruleset` shows. */
export const nftSection = defineSection({
  key: "nft",
  summary: "Rule or policy of nftables that decided about the packet.",
  wire: "nft",
  schema: nftSchema,
  format: formatNft,
});
