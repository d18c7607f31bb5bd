/** Results of test suites, and their sum. */

/** A test that did not run, and why. */
export interface Skip {
  readonly name: string;
  readonly reason: string;
}

/** Counts of one suite, or the sum of several; of what failed also the names, as far as there are any. */
export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly failures: readonly string[];
  readonly skipped: readonly Skip[];
}

/** The sum of several summaries. */
export function sum(summaries: readonly Summary[]): Summary {
  return {
    passed: summaries.reduce((total, { passed }) => total + passed, 0),
    failed: summaries.reduce((total, { failed }) => total + failed, 0),
    failures: summaries.flatMap(({ failures }) => failures),
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

/** One line for each failure: `failed: <name>`. What it was is further up, where it happened. */
export function failureLines({ failures }: Summary): readonly string[] {
  return failures.map((name) => `failed: ${name}`);
}

/** Exit status for a sum: 0 when something passed and nothing failed. */
export function exitStatus({ passed, failed }: Summary): 0 | 1 {
  return passed > 0 && failed === 0 ? 0 : 1;
}
