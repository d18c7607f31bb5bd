import { OptionalTextOf, type Static, Type, U32, U64 } from "../../core/api/collector.ts";

/** Properties of section `netns`. */
export const netnsSchema = Type.Object({
  cookie: U64({ description: "Number that the kernel never gives twice. Absent on kernels without it", omitZero: true }),
  inum: U32({ description: "Inode number, as in /proc/<pid>/ns/net. Can be given again after the namespace is gone" }),
  name: OptionalTextOf({
    description: "Name under /run/netns. Absent when it has none, or when the name may be that of another namespace",
    lookup: "name",
    members: ["inum", "cookie", "time"],
  }),
});

export type NetNamespace = Static<typeof netnsSchema>;
