/** In which order the programs of a run begin to work: a packet must not be tracked before its end can be seen. */
import type { LoadedProgram } from "./loaded-probes.ts";
import { emits } from "./probe.ts";

/** Programs that only track, then those that report and track the lifetime of packets, then all others; stop them in reverse. */
export function enableOrder<T extends Pick<LoadedProgram, "probes">>(programs: readonly T[]): readonly T[] {
  return programs.toSorted((a, b) => rank(a) - rank(b));
}

function rank({ probes }: Pick<LoadedProgram, "probes">): number {
  if (probes.length > 0 && !probes.some(emits)) return 0;
  return probes.some(({ lifetime = [] }) => lifetime.length > 0) ? 1 : 2;
}
