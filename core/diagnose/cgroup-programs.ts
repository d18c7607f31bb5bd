/** Which control groups have BPF programs that look at packets. */
import { type Dirent, readdirSync } from "node:fs";
import { join } from "node:path";
import { cgroupProgramCount, controlGroupMount } from "../libbpf/control-group.ts";

/** More groups than this are not looked at. */
const maxGroups = 10_000;

/** Paths below the mount of cgroup2, `/` for its root; undefined when none is mounted, or the kernel does not say. */
export function cgroupsWithPrograms(direction: "ingress" | "egress"): readonly string[] | undefined {
  const mount = controlGroupMount();
  if (mount === undefined || cgroupProgramCount(mount, direction) === undefined) return undefined;
  const found: string[] = [];
  const waiting = [""];
  for (let seen = 0; seen < maxGroups && waiting.length > 0; seen++) {
    const path = waiting.shift()!;
    if ((cgroupProgramCount(join(mount, path), direction) ?? 0) > 0) found.push(path === "" ? "/" : path);
    for (const entry of entriesOf(join(mount, path))) if (entry.isDirectory()) waiting.push(`${path}/${entry.name}`);
  }
  return found;
}

function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}
