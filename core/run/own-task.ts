/** Where events that retis itself makes come from. */
import { readFileSync } from "node:fs";
import type { SectionData } from "../api/event.ts";

/** CPU and task as of events in the kernel: readers written for the original tool expect them in every event but the first. */
export function ownTask(): SectionData {
  const task = { pid: process.pid, tgid: process.pid, comm: (ownFile("comm") ?? "retis").trimEnd() };
  const cpu = processorOf(ownFile("stat") ?? "");
  return { ...(cpu === undefined ? {} : { smp_id: cpu }), task };
}

/** Field 39 of /proc/PID/stat (proc(5)); the name, field 2, is in parentheses and may contain any character. */
function processorOf(stat: string): number | undefined {
  const afterName = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const cpu = Number(afterName[39 - 3] ?? Number.NaN);
  return Number.isInteger(cpu) ? cpu : undefined;
}

function ownFile(name: string): string | undefined {
  try {
    return readFileSync(`/proc/self/${name}`, "utf8");
  } catch {
    return undefined;
  }
}
