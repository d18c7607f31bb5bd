/** What collectors can find out about programs. */
import type { UserspaceFacts } from "../api/host.ts";
import { invalidProbe } from "../base/errors.ts";
import { hasProbeCookies } from "../kernel/features.ts";
import type { TypeSource } from "../kernel/kernel-types.ts";
import { hasUprobes } from "../libbpf/uprobe-link.ts";
import { isNamed, processIds, readProcess } from "../userspace/processes.ts";
import { TargetFinder } from "../userspace/target-finder.ts";
import { parseProbe } from "./probe-spec.ts";
import { userRequest } from "./user-probe-set.ts";

export function userspaceFacts(kernel: TypeSource): UserspaceFacts {
  return {
    processes: (name) =>
      processIds()
        .flatMap((pid) => readProcess(pid) ?? [])
        .filter((process) => isNamed(process, name))
        .map(({ pid, program }) => ({ pid, program })),
    whyUnprobeable(probe) {
      const missing = missingUserProbes(kernel);
      return missing === undefined ? whyMissing(probe) : `this kernel has no ${missing}`;
    },
  };
}

/** What this kernel lacks for probes in programs; undefined when it has all. */
export function missingUserProbes(kernel: TypeSource): string | undefined {
  if (!hasUprobes()) return "user-space probes (CONFIG_UPROBE_EVENTS)";
  return hasProbeCookies(kernel) ? undefined : "attach cookies (Linux 5.15)";
}

function whyMissing(probe: string): string | undefined {
  const request = userRequest(parseProbe(probe));
  if (!request) throw invalidProbe(probe, "it is not in a program");
  const finder = new TargetFinder([request]);
  for (const { file } of finder.scan().found) file.close();
  return finder.problemOf(request);
}
