/** The event that says to readers of a file what is missing in it. */
import type { Event } from "../api/event.ts";
import { type Loss, type LossKind, ofKind, totalOf } from "./loss.ts";
import { ownTask } from "./own-task.ts";

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
