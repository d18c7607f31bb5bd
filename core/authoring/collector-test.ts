/** `retis collector test`: everything about a collector that can be found out without tracing, then its scenarios. */
import { apiOf } from "../api/api-range.ts";
import type { Collector } from "../api/collector.ts";
import type { Host } from "../api/host.ts";
import { reasonOf } from "../base/errors.ts";
import { counted } from "../base/plural.ts";
import { mayUseBpf } from "../doctor/may-use-bpf.ts";
import { tryHooks } from "../doctor/hook-trial.ts";
import { checkFormat } from "./format-check.ts";
import { checkGolden } from "./golden.ts";
import { type CheckedPlan, checkHere, checkPlan } from "./plan-check.ts";
import { type Finding, fail, ok, skip } from "./report.ts";
import { runScenarios } from "./scenarios.ts";
import { checkTypes } from "./type-check.ts";

export interface TestSubject {
  readonly collector: Collector;
  /** Absolute. */
  readonly directory: string;
  /** Those that may have run beside it, when records were saved. */
  readonly others: readonly Collector[];
  readonly host: Host;
  readonly update: boolean;
}

/** Looks at the collector, one thing after the other; each finding is given as soon as it is known. */
export async function* testCollector({ collector, directory, others, host, update }: TestSubject): AsyncIterableIterator<Finding> {
  yield checkTypes(directory);
  yield ok("load", `${collector.name}, API ${apiOf(collector)}, ${counted(collector.sections.length, "section")}`);
  yield checkHere(collector, host);
  const checked = checkPlan(collector, host);
  yield* checked.findings;
  yield* checkFormat(checked.sections);
  yield* checkGolden({ directory, sections: checked.sections, collectors: [collector, ...others], update });
  yield checkKernel(collector, checked, host);
  yield* runScenarios(directory);
}

/** Whether the running kernel takes the hooks. */
function checkKernel(collector: Collector, { plan }: CheckedPlan, host: Host): Finding {
  const check = "kernel";
  if (plan === undefined) return skip(check, "no plan");
  if (!mayUseBpf()) return skip(check, "hooks not loaded: needs root");
  try {
    tryHooks(collector.name, plan, host);
    return ok(check, `${counted(plan.hooks.length, "hook")} loaded on ${host.kernel.release}`);
  } catch (error) {
    return fail(check, reasonOf(error));
  }
}
