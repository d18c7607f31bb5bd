/** What collectors can find out about programs and users. */
import type { UserspaceFacts } from "../api/host.ts";
import { hasProbeCookies } from "../kernel/features.ts";
import type { TypeSource } from "../kernel/kernel-types.ts";
import { hasUprobes } from "../libbpf/uprobe-link.ts";
import { isNamed, processIds, readProcess } from "../userspace/processes.ts";
import { readUsers } from "../userspace/user-names.ts";
import { TargetFinder } from "../userspace/target-finder.ts";
import type { ProbeSpec } from "./probe-spec.ts";
import { userRequest } from "./user-probe-set.ts";

export function userspaceFacts(): UserspaceFacts {
  let users: ReadonlyMap<number, string> | undefined;
  return {
    userName: (uid) => (users ??= readUsers()).get(uid),
    processes: (name) =>
      processIds()
        .flatMap((pid) => readProcess(pid) ?? [])
        .filter((process) => isNamed(process, name))
        .map(({ pid, program }) => ({ pid, program })),
  };
}

/** What this kernel lacks for probes in programs; undefined when it has all. */
export function missingUserProbes(kernel: TypeSource): string | undefined {
  if (!hasUprobes()) return "user-space probes (CONFIG_UPROBE_EVENTS)";
  return hasProbeCookies(kernel) ? undefined : "attach cookies (Linux 5.15)";
}

/** Why no program has what a spec matches; undefined when one has, or for a probe in the kernel. */
export function whyUnprobeableInPrograms(kernel: TypeSource, spec: ProbeSpec): string | undefined {
  const missing = missingUserProbes(kernel);
  if (missing !== undefined) return `this kernel has no ${missing}`;
  const request = userRequest(spec);
  if (!request) return undefined;
  const finder = new TargetFinder([request]);
  for (const { file } of finder.scan().found) file.close();
  return finder.problemOf(request);
}
