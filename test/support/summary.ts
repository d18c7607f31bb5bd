/** Results of test suites, and their sum. */

/** A test that did not run, and why. */
export interface Skip {
  readonly name: string;
  readonly reason: string;
}

/** Counts of one suite, or the sum of several. */
export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly Skip[];
}

/** The sum of several summaries. */
export function sum(summaries: readonly Summary[]): Summary {
  return {
    passed: summaries.reduce((total, { passed }) => total + passed, 0),
    failed: summaries.reduce((total, { failed }) => total + failed, 0),
    skipped: summaries.flatMap(({ skipped }) => skipped),
  };
}

/** `N passed, N failed, N skipped`. */
export function sumLine({ passed, failed, skipped }: Summary): string {
  return `${passed} passed, ${failed} failed, ${skipped.length} skipped`;
}

/** One line for each distinct skip, `skipped: <name> (<reason>)`; the same reason on the same test in several kernels shows once with the count. */
export function skipLines({ skipped }: Summary): readonly string[] {
  const counts = new Map<string, number>();
  for (const { name, reason } of skipped) {
    const line = `skipped: ${name} (${reason})`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => (count === 1 ? line : `${line} ×${count}`));
}

/** Exit status for a sum: 0 when something passed and nothing failed. */
export function exitStatus({ passed, failed }: Summary): 0 | 1 {
  return passed > 0 && failed === 0 ? 0 : 1;
}
