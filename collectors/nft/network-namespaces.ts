/** Where network namespaces can be entered, by the inode numbers that events have. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Directories that lead to namespaces. */
export interface NamespacePlaces {
  /** `/proc` */
  readonly proc: string;
  /** `/run/netns` */
  readonly named: string;
}

function entries(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Inode number of the namespace at a path; undefined when there is none, e.g. as its process has ended. */
export function namespaceAt(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}

/** Paths of all namespaces that have a name or a process, that of this process first. */
export function networkNamespaces({ proc, named }: NamespacePlaces): ReadonlyMap<number, string> {
  const processes = entries(proc).filter((name) => /^\d+$/.test(name));
  const paths = [
    join(proc, "self/ns/net"),
    ...entries(named).map((name) => join(named, name)),
    ...processes.map((name) => join(proc, name, "ns/net")),
  ];
  const found = new Map<number, string>();
  for (const path of paths) {
    const inode = namespaceAt(path);
    if (inode !== undefined && !found.has(inode)) found.set(inode, path);
  }
  return found;
}
