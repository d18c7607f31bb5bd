/** Where a scenario's time goes: how long it waited for which kind of step. */

/** Milliseconds by kind of step, e.g. `start retis`. */
export type StepTimes = Readonly<Record<string, number>>;

let current: Record<string, number> = {};

/** Adds the time that `action` takes to its kind of step. Steps that run side by side count each in full. */
export async function timed<T>(kind: string, action: () => Promise<T>): Promise<T> {
  const started = performance.now();
  try {
    return await action();
  } finally {
    current[kind] = (current[kind] ?? 0) + performance.now() - started;
  }
}

/** Returns what was measured since the last call, rounded, and starts anew. */
export function takeStepTimes(): StepTimes {
  const taken = current;
  current = {};
  return Object.fromEntries(Object.entries(taken).map(([kind, ms]) => [kind, Math.round(ms)]));
}
