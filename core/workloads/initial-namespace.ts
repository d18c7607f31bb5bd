/** The initial network namespace, the host's: no workload owns it. */
import { existsSync, statSync } from "node:fs";
import { networkNamespaceOf } from "./namespace-processes.ts";

/** PROC_PID_INIT_INO of include/linux/proc_ns.h: number of the initial namespace of processes. */
const initialProcesses = 0xefff_fffc;

/** Inode number of the initial network namespace; undefined where that cannot be known, within a container for instance. */
export function initialNetworkNamespace(): number | undefined {
  const threads = inodeOf("/proc/self/ns/pid") === initialProcesses ? networkNamespaceOf("/proc", 2) : undefined;
  return threads ?? (isInitial() ? networkNamespaceOf("/proc", process.pid) : undefined);
}

/** The table `net_core_table` of net/core/sysctl_net_core.c is there only for the initial namespace. */
function isInitial(): boolean {
  return existsSync("/proc/sys/net/core/netdev_max_backlog");
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}
