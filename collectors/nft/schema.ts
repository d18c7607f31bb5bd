import { Bool, CString, I64, OptionalTextOf, type Static, Text, Type, U16 } from "../../core/api/collector.ts";

/** Properties of section `nft`. */
export const nftSchema = Type.Object({
  table_name: CString({ description: "Table", member: "names", at: "table_at" }),
  chain_name: CString({ description: "Chain. Empty when it could not be found among very many rules", member: "names", at: "chain_at" }),
  verdict: Text({
    description: "Verdict. One of continue, break, jump, goto, return, drop, accept, stolen, queue, repeat, stop, unknown",
    lookup: "verdict",
  }),
  verdict_chain_name: CString({
    description: "Chain that a jump or goto leads to",
    member: "names",
    at: "verdict_chain_at",
    when: { member: "verdict_chain_at" },
  }),
  table_handle: I64({ description: "Handle of the table" }),
  chain_handle: I64({ description: "Handle of the chain. 0 when it could not be found" }),
  rule_handle: I64({ description: "Handle of the rule. Absent when no rule decided: a policy, or the end of a chain", omitZero: true }),
  policy: Bool({ description: "Policy. Whether the chain's policy decided, as no rule did" }),
  queue: U16({ description: "Number of the queue that the packet is given to", when: { member: "verdict", equals: 3 } }),
  rule: OptionalTextOf({
    description: "Rule as nft shows it, without counters. Absent when it could not be read, or may have been another one then",
    lookup: "rule",
    members: ["netns", "cookie", "time", "generation", "table_handle", "rule_handle"],
  }),
});

export type NftRule = Static<typeof nftSchema>;
