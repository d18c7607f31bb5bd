import { OptionalTextOf, type Static, Type, U32, U64 } from "../../core/api/collector.ts";

/** See `WorkloadNames`. */
const workload = (lookup: string, description: string) =>
  OptionalTextOf({ description, lookup, members: ["inum", "cookie", "time", "cgroup"] });

/** Properties of section `netns`. */
export const netnsSchema = Type.Object({
  cookie: U64({ description: "Number that the kernel never gives twice. Absent on kernels without it", omitZero: true }),
  inum: U32({ description: "Inode number, as in /proc/<pid>/ns/net. Can be given again after the namespace is gone" }),
  name: OptionalTextOf({
    description: "Name under /run/netns. Absent when it has none, or when the name may be that of another namespace",
    lookup: "name",
    members: ["inum", "cookie", "time"],
  }),
  container: workload("container", "Container of the socket, else of the namespace. Its name, or the first 12 characters of its id"),
  pod: workload("pod", "Pod of the socket, else of the namespace, as NAMESPACE/NAME"),
  unit: workload("unit", "Unit of systemd that the socket belongs to, else the namespace"),
  process: workload("process", "Process that the namespace is that of, as COMM/PID. Absent when a container or a service is known"),
});

export type NetNamespace = Static<typeof netnsSchema>;
