/** The report on where the time of a test run went. */
import type { StepTimes } from "./stopwatch.ts";

/** How long one test took. */
export interface TimedTest {
  readonly name: string;
  readonly ms: number;
  /** For scenarios: what it waited for. */
  readonly steps?: StepTimes;
}

/** How long a part of the run took on the clock, and its tests. */
export interface TimedPart {
  readonly name: string;
  readonly ms: number;
  readonly tests: readonly TimedTest[];
}

const slowestCount = 20;

/** Lines of the report: each part with what its tests waited for, then the slowest scenarios and unit test files. */
export function timeReport(parts: readonly TimedPart[]): readonly string[] {
  const slowest = parts
    .flatMap(({ name, tests }) => tests.map((test) => ({ ...test, name: `[${name}] ${test.name}` })))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, slowestCount);
  return [
    "== time",
    ...parts.map(({ name, ms, tests }) => `${duration(ms)} ${name}${stepsText(stepTotals(tests))}`),
    `== slowest ${slowest.length}`,
    ...slowest.map(({ name, ms, steps = {} }) => `${duration(ms)} ${name}${stepsText(steps)}`),
  ];
}

function stepTotals(tests: readonly TimedTest[]): StepTimes {
  const totals: Record<string, number> = {};
  for (const { steps = {} } of tests) {
    for (const [kind, ms] of Object.entries(steps)) totals[kind] = (totals[kind] ?? 0) + ms;
  }
  return totals;
}

function stepsText(steps: StepTimes): string {
  const texts = Object.entries(steps)
    .filter(([, ms]) => ms >= 100)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, ms]) => `${kind} ${seconds(ms)}`);
  return texts.length === 0 ? "" : ` (${texts.join(", ")})`;
}

function duration(ms: number): string {
  return seconds(ms).padStart(8);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
