import { defineSection } from "../../core/api/collector.ts";
import { formatPacket } from "./format-packet.ts";
import { formatSkb } from "./format.ts";
import { packetSchema, skbSchema } from "./schema.ts";

/** The bytes of the packet, from its Ethernet header on. */
export const packetSection = defineSection({
  key: "packet",
  summary: "Bytes of the packet, as far as they were captured.",
  wire: "packet",
  schema: packetSchema,
  format: formatPacket,
});

/** Metadata of the skb. The hook sends it only when at least one of its parts is there. */
export const skbSection = defineSection({
  key: "skb",
  summary: "Metadata of the packet's socket buffer.",
  wire: "skb",
  schema: skbSchema,
  format: formatSkb,
});
