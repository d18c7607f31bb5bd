import { type Check, runChecks } from "../doctor/check.ts";
import { collectorChecks } from "../doctor/collector-checks.ts";
import { featureTrials } from "../doctor/feature-trials.ts";
import { hostChecks } from "../doctor/host-checks.ts";
import { Kernel } from "../kernel/kernel.ts";
import type { LoadedCollector } from "../plugin/loaded-collector.ts";
import { createHost } from "../run/host.ts";

/** Looks at host, kernel and collectors. Never throws: what cannot be found out is a finding too. */
export function examine(loaded: readonly LoadedCollector[]): readonly Check[] {
  const kernel = new Kernel();
  return [
    ...runChecks("host", hostChecks(kernel)),
    ...runChecks("kernel", featureTrials(kernel)),
    ...runChecks("collectors", collectorChecks(loaded, createHost(kernel, false))),
  ];
}
