import { type Check, runChecks } from "./check.ts";
import { collectorChecks } from "./collector-checks.ts";
import { featureTrials } from "./feature-trials.ts";
import { hostChecks } from "./host-checks.ts";
import { Kernel } from "../kernel/kernel.ts";
import type { LoadedCollector } from "../api/loaded-collector.ts";
import { createHost } from "../probe/collector-host.ts";

/** Looks at host, kernel and collectors. Never throws: what cannot be found out is a finding too. */
export function examine(loaded: readonly LoadedCollector[]): readonly Check[] {
  const kernel = new Kernel();
  return [
    ...runChecks("host", hostChecks(kernel)),
    ...runChecks("kernel", featureTrials(kernel)),
    ...runChecks("collectors", collectorChecks(loaded, createHost(kernel, false))),
  ];
}
