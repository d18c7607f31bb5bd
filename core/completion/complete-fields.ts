/** Completes the fields of a probe, `-p PROBE:{…`. */
import { type FieldCandidate, fieldCandidates } from "../fields/field-candidates.ts";
import { rootsOf } from "../fields/probe-roots.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { parseProbe } from "../probe/probe-spec.ts";
import { expandTargets } from "../probe/targets.ts";
import type { Completion } from "./complete.ts";

/** Targets of a pattern that are looked at. */
const mostTargets = 50;

/**
 * @param text the probe up to the cursor
 * @param open where its brace is
 */
export function completeFields(text: string, open: number, kernel: Kernel): Completion {
  if (text.includes("}", open)) return { candidates: [] };
  const head = text.slice(0, open + 1);
  const candidates = candidatesFor(kernel, head, text.slice(open + 1));
  return { candidates: candidates.map(({ text: list, about }) => ({ value: head + list, description: about })), continues: true };
}

function candidatesFor(kernel: Kernel, head: string, list: string): readonly FieldCandidate[] {
  try {
    const spec = parseProbe(`${head}}`);
    const targets = expandTargets(kernel, spec).slice(0, mostTargets);
    return fieldCandidates(
      kernel,
      targets.map((target) => rootsOf(kernel, spec, target)),
      list,
    );
  } catch {
    return []; // No such probe, or the kernel has no types.
  }
}
