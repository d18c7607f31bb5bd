/** What a test run prints at its end. */
import { exitStatus, failureLines, skipLines, sum, sumLine, type Summary } from "./summary.ts";
import { timeReport, type TimedPart } from "./timing.ts";

/** What came of a part of the run: counts, and times. */
export interface PartResult {
  readonly summary: Summary;
  readonly time: TimedPart;
}

/** Prints where the time went, each skip with its reason, each failure, and as the last line the sum; returns the exit status. */
export function report(parts: readonly PartResult[]): 0 | 1 {
  const summary = sum(parts.map((part) => part.summary));
  const lines = [...timeReport(parts.map(({ time }) => time)), ...skipLines(summary), ...failureLines(summary), sumLine(summary)];
  for (const line of lines) console.log(line);
  return exitStatus(summary);
}
