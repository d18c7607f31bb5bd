/** `--allow-system-changes`: tracefs is mounted for this process where it is missing. */
import { closeSync, existsSync } from "node:fs";
import { log } from "../base/log.ts";
import { mountDetached } from "../libbpf/mount.ts";

/** Where the lists of tracefs are for the time of a run. */
export interface TraceMount {
  /** Processes that we start can read it too. */
  readonly directory: string;
  close(): void;
}

/** Mounts tracefs where only this process sees it, unless it is mounted. Must come before the lists are read. */
export function mountTraceLists(): TraceMount | undefined {
  if (existsSync("/sys/kernel/tracing/available_events") || existsSync("/sys/kernel/debug/tracing/available_events")) return undefined;
  const root = mountDetached("tracefs");
  if (typeof root === "string") {
    log.warn(`Cannot mount tracefs: ${root}`);
    return undefined;
  }
  return { directory: `/proc/${process.pid}/fd/${root}`, close: () => closeSync(root) };
}
