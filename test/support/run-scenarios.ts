/** Runs scenarios one after the other: requirements, time limit, clean-up, and the proof that nothing stays in the kernel. */
import { newTrial, withinLimit } from "../../core/scenarios/trial.ts";
import { leftoverBpfObjects, loadedBpfObjects } from "./bpf-objects.ts";
import { isUnderTest } from "./retis.ts";
import { unmet } from "./requirement.ts";
import type { Scenario } from "./scenario.ts";
import { takeStepTimes, timed } from "./stopwatch.ts";
import type { Skip, Summary } from "./summary.ts";
import type { TimedTest } from "./timing.ts";

export { newTrial };

const leftoverLimitMs = 2_000;

/** Counts of scenarios, and how long each took. */
export interface ScenarioResults {
  readonly summary: Summary;
  readonly tests: readonly TimedTest[];
}

/** Runs all scenarios, prints a line for each, and counts. */
export async function runScenarios(scenarios: readonly Scenario[], slowdown: number): Promise<ScenarioResults> {
  let passed = 0;
  const failures: string[] = [];
  const skipped: Skip[] = [];
  const tests: TimedTest[] = [];
  const before = loadedBpfObjects();
  for (const scenario of scenarios) {
    const started = Date.now();
    const reason = await timed("requirements", () => firstUnmet(scenario));
    if (reason !== undefined) {
      console.log(`skip ${scenario.name} (${reason})`);
      skipped.push({ name: scenario.name, reason });
      continue;
    }
    const failure = await runScenario(scenario, slowdown, before);
    const ms = Date.now() - started;
    const took = `${ms} ms`;
    tests.push({ name: scenario.name, ms, steps: takeStepTimes() });
    if (failure === undefined) {
      passed++;
      console.log(`ok   ${scenario.name} ${took}`);
    } else {
      failures.push(scenario.name);
      console.log(`FAIL ${scenario.name} ${took}\n${indent(failure)}`);
    }
  }
  return { summary: { passed, failed: failures.length, failures, skipped }, tests };
}

/** What precedes the name of a scenario that would run, in their list. */
export const runWord = "run  ";

/** A line for each scenario: whether it would run here, or why it would be skipped. */
export async function listScenarios(scenarios: readonly Scenario[]): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const scenario of scenarios) {
    const reason = await firstUnmet(scenario);
    lines.push(reason === undefined ? `${runWord}${scenario.name}` : `skip ${scenario.name} (${reason})`);
  }
  return lines;
}

async function firstUnmet({ requires }: Scenario): Promise<string | undefined> {
  for (const requirement of requires) {
    const reason = await unmet(requirement);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Runs one scenario; returns why it failed, or undefined. `before` is what of BPF was loaded before all scenarios. */
async function runScenario(scenario: Scenario, slowdown: number, before: ReadonlySet<string>): Promise<string | undefined> {
  const cleanUps: (() => void | Promise<void>)[] = [];
  const failures: string[] = [];
  const attempt = async (action: () => void | Promise<void>) => {
    try {
      await action();
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  };

  await attempt(() => withinLimit(() => scenario.run(newTrial(slowdown, cleanUps)), scenario.timeoutMs * slowdown));
  await timed("clean up", async () => {
    for (const cleanUp of cleanUps.reverse()) await attempt(cleanUp);
  });
  const leftovers = await timed("look for leftovers", () => leftoverBpfObjects(before, leftoverLimitMs * slowdown, isUnderTest));
  if (leftovers.length > 0) failures.push(`left in the kernel: ${leftovers.join(", ")}`);
  return failures.length === 0 ? undefined : failures.join("\n");
}

function indent(text: string): string {
  return text.replace(/^/gm, "     ");
}
