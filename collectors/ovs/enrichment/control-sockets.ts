/** Where running daemons listen for commands. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "../../../core/api/collector.ts";

const daemon = "ovs-vswitchd";
/** Where packages have it. */
const runDirectories = ["/run/openvswitch", "/var/run/openvswitch", "/usr/local/var/run/openvswitch"];

/** Control sockets of the daemons that run now, seen through the root of each: they may be in containers. */
export function controlSockets({ userspace }: Pick<Host, "userspace">, procDir = "/proc"): readonly string[] {
  const paths = userspace.processes(daemon).flatMap(({ pid }) => socketOf(join(procDir, String(pid))) ?? []);
  return [...new Set(paths)];
}

/** The socket of a process; undefined for one that has none, such as the parent that watches over the daemon. */
function socketOf(process: string): string | undefined {
  try {
    const name = `${daemon}.${ownPid(process)}.ctl`;
    const directories = [...runDirectoryOf(process), ...runDirectories];
    return directories.map((directory) => join(process, "root", directory, name)).find((path) => existsSync(path));
  } catch {
    // It has ended.
    return undefined;
  }
}

/** The process id in the innermost pid namespace, which is what the process itself knows: proc_pid_status(5). */
function ownPid(process: string): string {
  const ids = /^NSpid:\s*(.*)$/m.exec(readFileSync(join(process, "status"), "utf8"))?.[1]?.split(/\s+/);
  return ids?.at(-1) ?? process.slice(process.lastIndexOf("/") + 1);
}

/** `OVS_RUNDIR` that the process was started with. */
function runDirectoryOf(process: string): readonly string[] {
  const variables = readFileSync(join(process, "environ"), "utf8").split("\0");
  return variables.filter((variable) => variable.startsWith("OVS_RUNDIR=")).map((variable) => variable.slice("OVS_RUNDIR=".length));
}
