import { OptionalText, type Static, Type, U32, U64 } from "../../core/api/collector.ts";

/** Properties of section `netns`. */
export const netnsSchema = Type.Object({
  cookie: U64({ description: "Number that the kernel never gives twice. Absent on kernels without it", omitZero: true }),
  inum: U32({ description: "Inode number, as in /proc/<pid>/ns/net. Can be given again after the namespace is gone" }),
  name: OptionalText({ description: "Name under /run/netns. Absent when it has none", lookup: "name", member: "inum" }),
});

export type NetNamespace = Static<typeof netnsSchema>;
