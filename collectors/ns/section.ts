import { defineSection, OptionalText, Type, U32, U64 } from "../../core/api/collector.ts";
import { formatNetNamespace } from "./format.ts";

/** The network namespace that the packet is in. */
export const netnsSection = defineSection({
  key: "netns",
  summary: "Network namespace that the packet is in.",
  wire: "netns",
  schema: Type.Object({
    cookie: U64({ description: "Number that the kernel never gives twice. Absent on kernels without it", omitZero: true }),
    inum: U32({ description: "Inode number, as in /proc/<pid>/ns/net. Can be given again after the namespace is gone" }),
    name: OptionalText({ description: "Name under /run/netns. Absent when it has none", lookup: "name", member: "inum" }),
  }),
  format: formatNetNamespace,
});
