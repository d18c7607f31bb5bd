/** `--allow-system-changes`: tracefs is mounted for the time of the run where it is missing. */
import { existsSync } from "node:fs";
import { log } from "../base/log.ts";
import { mountFileSystem, unmountFileSystem } from "../libbpf/mount.ts";

const places = [
  { type: "tracefs", directory: "/sys/kernel/tracing" },
  { type: "debugfs", directory: "/sys/kernel/debug" },
] as const;

/**
 * Mounts tracefs, or debugfs which contains it, unless one of them is there. Must come before the lists are read.
 * @returns what undoes it; does nothing when nothing was mounted
 */
export function mountTraceLists(): () => void {
  if (existsSync("/sys/kernel/tracing/available_events") || existsSync("/sys/kernel/debug/tracing/available_events")) return () => {};
  for (const { type, directory } of places) {
    const errno = mountFileSystem(type, directory);
    if (errno === undefined) return () => unmount(directory);
    log.warn(`Cannot mount ${type} on ${directory}: ${errno}`);
  }
  return () => {};
}

function unmount(directory: string): void {
  const errno = unmountFileSystem(directory);
  if (errno !== undefined) log.error(`Cannot unmount ${directory}: ${errno}`);
}
