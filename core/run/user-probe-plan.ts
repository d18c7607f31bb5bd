/** The user-space probes of one run: what is found for them when it starts, and room for what starts later. */
import { describeError, noUserTarget, tooMany, userProbesUnavailable } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { hasUprobeMulti } from "../kernel/features.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { SlottedHook } from "../probe/linked-hooks.ts";
import type { Probe } from "../probe/probe.ts";
import type { ProbeRequest } from "../probe/probe-set.ts";
import { type UserProbeRequest, UserProbeSet, userRequest } from "../probe/user-probe-set.ts";
import { missingUserProbes } from "../probe/userspace-facts.ts";
import { type FoundFile, TargetFinder } from "../userspace/target-finder.ts";
import { requestText, type UserRequest } from "../userspace/user-request.ts";

/** Sites that a run may begin with: a breakpoint in each function of a large program would bring it to a halt. */
const maxSites = 4096;
/** Probes, and sites of them, that may be found while running. */
const spare = { probes: 256, sites: 1024 } as const;

/** A request, and whether a run goes on without it. */
type PlannedRequest = UserProbeRequest & { readonly optional: boolean };

export interface UserProbePlan {
  readonly finder: TargetFinder;
  readonly set: UserProbeSet;
  readonly found: readonly FoundFile[];
  /** The kernel attaches many sites with one link. */
  readonly multi: boolean;
  /** Sizes of tables. */
  readonly room: { readonly probes: number; readonly sites: number };
}

/** The request of a probe; undefined for one in the kernel. */
export function userRequestOf({ spec }: ProbeRequest): UserRequest | undefined {
  return userRequest(spec);
}

/**
 * Where the kernel cannot have user-space probes, each of them is reported and left out.
 * @param inKernel the other probes of the run; those in programs are numbered from `firstId` on
 * @returns undefined when there is nothing to probe in programs, now or later
 * @throws TraceError NO_PROBE_TARGET for a probe that is not there, unless it may be missing; ATTACH when the kernel cannot
 *   have what the user requested, and nothing else of that is left
 */
export function planUserProbes(
  kernel: Kernel,
  probes: readonly ProbeRequest[],
  hooks: readonly SlottedHook[],
  { inKernel, firstId }: { readonly inKernel: readonly Probe[]; readonly firstId: number },
): UserProbePlan | undefined {
  const requests = probes.flatMap((one) => {
    const request = userRequestOf(one);
    return request ? [{ request, requested: one.origin === "user", optional: one.spec.optional, value: one.value }] : [];
  });
  if (requests.length === 0) return undefined;
  const missing = missingUserProbes(kernel);
  if (missing !== undefined) {
    leaveOut(requests, missing, inKernel);
    return undefined;
  }
  return findTargets(kernel, requests, hooks, firstId);
}

function leaveOut(requests: readonly PlannedRequest[], missing: string, others: readonly Probe[]): void {
  const [first] = requests.filter(({ requested }) => requested);
  if (others.length === 0 || (first && !others.some(({ requested }) => requested)))
    throw userProbesUnavailable(requestText((first ?? requests[0]!).request), missing);
  for (const { request, optional } of requests)
    log[optional ? "info" : "warn"](`${describeError(userProbesUnavailable(requestText(request), missing))}; left out`);
}

function findTargets(kernel: Kernel, requests: readonly PlannedRequest[], hooks: readonly SlottedHook[], firstId: number): UserProbePlan {
  const finder = new TargetFinder(requests.map(({ request }) => request));
  const { found } = finder.scan();
  try {
    const waiting = new Map<string, string[]>();
    for (const { request, optional } of requests) {
      const problem = finder.problemOf(request);
      if (problem === undefined) continue;
      if (!optional) throw noUserTarget(requestText(request), problem);
      waiting.set(problem, [...(waiting.get(problem) ?? []), requestText(request)]);
    }
    for (const [problem, probes] of waiting) log.info(`Waiting to attach ${probes.join(", ")}: ${problem}`);
    const targets = found.flatMap((one) => one.targets);
    const sites = targets.reduce((sum, target) => sum + target.sites.length, 0);
    if (sites > maxSites) throw tooMany("locations in programs", maxSites);
    const room = { probes: targets.length + spare.probes, sites: sites + spare.sites };
    const set = new UserProbeSet(requests, hooks, { firstId, ...room });
    for (const one of found) set.add(one);
    return { finder, set, found, room, multi: hasUprobeMulti(kernel) };
  } catch (error) {
    for (const { file } of found) file.close();
    throw error;
  }
}
