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

/** One line for each skip: `skipped: <name> (<reason>)`. */
export function skipLines({ skipped }: Summary): readonly string[] {
  return skipped.map(({ name, reason }) => `skipped: ${name} (${reason})`);
}

/** Exit status for a sum: 0 when something passed and nothing failed. */
export function exitStatus({ passed, failed }: Summary): 0 | 1 {
  return passed > 0 && failed === 0 ? 0 : 1;
}
