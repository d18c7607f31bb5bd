/**
 * Two sections with the same fields. `ct` is what the original tool reports, in exactly its form: its readers refuse a
 * whole file when a field or protocol in there is missing or unknown to them. What they do not know is in `ct-other`.
 */
import { defineSection } from "../../core/api/collector.ts";
import { formatConnection } from "./format.ts";
import { ctOtherSchema, ctSchema } from "./schema.ts";

/** A connection over TCP, UDP, ICMP or SCTP. */
export const ctSection = defineSection({
  key: "ct",
  summary: "Connection that the packet belongs to, as netfilter tracks it.",
  wire: "ct",
  schema: ctSchema,
  format: formatConnection,
});

/** Everything else that conntrack says of packets. Of untracked ones that is the state alone. */
export const ctOtherSection = defineSection({
  key: "ct-other",
  summary:
    "What netfilter's connection tracking says of other packets. Connections of further protocols, templates, and that a packet is untracked.",
  wire: "other",
  schema: ctOtherSchema,
  format: formatConnection,
});
