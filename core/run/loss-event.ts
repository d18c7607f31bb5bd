/** The event that says to readers of a file what is missing in it. */
import { readFileSync } from "node:fs";
import type { Event, SectionData } from "../api/event.ts";
import { type Loss, type LossKind, ofKind, totalOf } from "./loss.ts";

/** Kinds that have a list of their own only when there is something to list. */
const furtherKinds: readonly LossKind[] = ["incomplete", "skipped", "untracked"];

/** @param timestamp CLOCK_MONOTONIC, nanoseconds */
export function lossEvent(timestamp: number | bigint, losses: readonly Loss[]): Event {
  const listOf = (kind: LossKind) => ofKind(losses, kind).map(({ probe, reason, count }) => ({ probe, reason, count }));
  const further = furtherKinds.map((kind) => [kind, listOf(kind)] as const).filter(([, list]) => list.length > 0);
  return {
    common: { timestamp, ...ownTask() },
    loss: { lost: listOf("lost"), total: totalOf(losses, "lost"), ...Object.fromEntries(further) },
  };
}

/** CPU and task as of events in the kernel: readers written for the original tool expect them in every event but the first. */
function ownTask(): SectionData {
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
