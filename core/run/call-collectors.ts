/** Starts and stops the collectors of a run. */
import type { Run } from "../api/run.ts";
import { reasonOf } from "../base/errors.ts";
import { log } from "../base/log.ts";
import type { PlannedCollector } from "./collector-plans.ts";

/** Milliseconds that a collector may take, also on a slow machine; one that takes longer is abandoned, so that a run always ends. */
const limits = { start: 30_000, stop: 10_000 } as const;

/** Starts or stops each collector. A failure is reported, and the others still get their turn. */
export async function callEach(
  runs: ReadonlyMap<PlannedCollector, Run>,
  action: keyof typeof limits,
  limit: number = limits[action],
): Promise<void> {
  for (const [{ loaded }, run] of runs) {
    const { collector } = loaded;
    try {
      await withLimit(collector[action]?.(run), limit);
    } catch (error) {
      log.warn(`Cannot ${action} collector ${collector.name}: ${reasonOf(error)}`);
    }
  }
}

async function withLimit(called: void | Promise<void>, limit: number): Promise<void> {
  if (called === undefined) return;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`it took longer than ${limit} ms`)), limit);
  try {
    await Promise.race([called, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
