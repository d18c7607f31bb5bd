import { Line, type TextContext, type TextPiece } from "../../core/api/collector.ts";
import type { NftRule } from "./schema.ts";

/**
 * `table <name> (<handle>) chain <name> (<handle>)[ handle <rule>] <verdict>[ (policy)][ chain <target>]`, and what the
 * original tool does not show: `[ num <queue>][ rule "<text>"]`.
 */
export function formatNft(nft: NftRule, context: TextContext): readonly TextPiece[] {
  const chain = nft.chain_name === "" ? "" : ` chain ${nft.chain_name} (${nft.chain_handle})`;
  const handle = nft.rule_handle === undefined ? "" : ` handle ${nft.rule_handle}`;
  const outcome = `${nft.verdict}${nft.policy ? " (policy)" : ""}`;
  const target = nft.verdict_chain_name === undefined ? "" : ` chain ${nft.verdict_chain_name}`;
  const queue = nft.queue === undefined ? "" : ` num ${nft.queue}`;
  const rule = nft.rule === undefined ? "" : ` rule "${nft.rule}"`;
  const verdict = nft.verdict === "drop" ? context.paint.alarm(outcome) : outcome;
  return [{ at: Line.nft, text: `table ${nft.table_name} (${nft.table_handle})${chain}${handle} ${verdict}${target}${queue}${rule}` }];
}
