/** What is given up once everything is attached, so that a fault in decoding a packet is no fault of root's. */
import { statSync } from "node:fs";
import { dirname } from "node:path";
import type { CollectOptions, OutputFile } from "../api/collect-options.ts";
import { collectorCannotRun, describeError, TraceError } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { type Capability, effectiveCapabilities, isCapability } from "../kernel/capabilities.ts";
import type { SystemUser } from "../privileges/system-user.ts";
import { readingMapsNeedsCapability, restrictThreads } from "../privileges/thread-privileges.ts";
import type { PlannedCollector } from "./collector-plans.ts";

/** Attaching further probes. */
const toAttach: readonly Capability[] = ["CAP_BPF", "CAP_PERFMON"];
/** Finding processes of other users, and the programs that they run. */
const toFollowProcesses: readonly Capability[] = ["CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH"];

/** What goes on while events are recorded. */
export interface LaterWork {
  readonly planned: readonly PlannedCollector[];
  readonly user: SystemUser | undefined;
  /** There are probes in programs, which are attached in new processes too. */
  readonly followsProcesses: boolean;
  /** They are attached through performance events, each of which opens an event of the unit `uprobe`. */
  readonly opensUprobeEvents?: boolean;
}

/** Capabilities that a collector keeps. @throws TraceError for a name that is not a capability's */
function collectorsNeed({ loaded: { collector }, plan }: PlannedCollector): readonly Capability[] {
  return (plan.capabilities ?? []).map((name) => {
    if (isCapability(name)) return name;
    throw collectorCannotRun(collector.name, `its plan keeps ${name}, which is not a capability`);
  });
}

/** Parts of a rotated file are made in a directory that may be another user's, where root needs a capability for it. */
function needsForParts(out: OutputFile | undefined, user: SystemUser | undefined): readonly Capability[] {
  if (out?.rotate === undefined || user !== undefined) return [];
  const { uid, mode } = statSync(dirname(out.path));
  const mayWrite = uid === process.geteuid?.() ? (mode & 0o200) !== 0 : (mode & 0o002) !== 0;
  return mayWrite ? [] : ["CAP_DAC_OVERRIDE"];
}

/** Everything that is needed after the start. */
export function capabilitiesNeededLater(options: CollectOptions, work: LaterWork): ReadonlySet<Capability> {
  return new Set<Capability>([
    ...work.planned.flatMap(collectorsNeed),
    ...(options.probeStack || work.followsProcesses ? toAttach : []),
    ...(work.followsProcesses ? toFollowProcesses : []),
    // CAP_PERFMON was enough from 5.8 to 6.16: perf_uprobe_event_init() and perf_kprobe_event_init() in kernel/events/core.c, also in
    // stable kernels. Where many functions are attached with one link, no event is opened, but one that cannot be is attached alone.
    ...(options.probeStack || (work.followsProcesses && work.opensUprobeEvents) ? ["CAP_SYS_ADMIN" as const] : []),
    // The command may have become another user.
    ...(options.command === undefined ? [] : ["CAP_KILL" as const]),
    ...needsForParts(options.out, work.user),
    // Grace periods are a setting of root's.
    ...(work.user !== undefined && options.allowSystemChanges ? ["CAP_DAC_OVERRIDE" as const] : []),
    ...(readingMapsNeedsCapability() ? ["CAP_BPF" as const] : []),
  ]);
}

/**
 * Gives up all privileges that are not needed later. Where that is not possible the run goes on with them, and says so, unless
 * a user was requested.
 * @throws TraceError `PRIVILEGES` with `--user`
 */
export function giveUpPrivileges(options: CollectOptions, work: LaterWork): void {
  try {
    const keep = capabilitiesNeededLater(options, work);
    const had = effectiveCapabilities();
    restrictThreads({ keep, user: work.user });
    const kept = [...keep].filter((name) => had?.has(name) ?? true);
    const user = work.user === undefined ? "" : ` as user ${work.user.name}`;
    log.debug(`Privileges given up: recording${user} with ${kept.join(", ") || "no capabilities"}`);
  } catch (error) {
    if (work.user !== undefined || !(error instanceof TraceError)) throw error;
    log.warn(`${describeError(error)}; the run goes on with them`);
  }
}
