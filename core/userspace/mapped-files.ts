/** Files that a process executes code of: its program and its shared libraries. Source: proc_pid_maps(5). */
import { readFileSync } from "node:fs";

export interface MappedFile {
  /** Device and inode. */
  readonly key: string;
  /** In the mount namespace of the process, without the mark of a deleted file. */
  readonly path: string;
  /** Paths that lead to it from here, best first. */
  readonly openPaths: readonly string[];
}

/** A process with more mappings than any real one is not worth reading on. */
const maxLines = 65536;
const line = /^([0-9a-f]+)-([0-9a-f]+) ..x. [0-9a-f]+ (\S+) (\d+) +(\/.*)$/;

/** In the order of addresses, each file once; none when the process has ended. */
export function mappedFiles(pid: number, procDir = "/proc"): readonly MappedFile[] {
  const files = new Map<string, MappedFile>();
  for (const text of readMaps(`${procDir}/${pid}/maps`).split("\n", maxLines)) {
    const [, start, end, device, inode, shown] = line.exec(text) ?? [];
    if (start === undefined || shown === undefined) continue;
    const path = shown.replace(/ \(deleted\)$/, "").replace(/\\012/g, "\n");
    const key = `${device} ${inode}`;
    if (!files.has(key))
      files.set(key, { key, path, openPaths: [`${procDir}/${pid}/map_files/${start}-${end}`, `${procDir}/${pid}/root${path}`] });
  }
  return [...files.values()];
}

function readMaps(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
