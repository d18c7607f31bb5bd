/** Links the entry object of each kind of probe with the hooks and loads it; all kinds share one set of maps. */
import { readFileSync } from "node:fs";
import directReadsObject from "../../bpf/probe/direct-reads.bpf.o" with { type: "file" };
import kprobeObject from "../../bpf/probe/kprobe.bpf.o" with { type: "file" };
import rawTracepointObject from "../../bpf/probe/raw-tracepoint.bpf.o" with { type: "file" };
import sessionContextObject from "../../bpf/probe/session-context.bpf.o" with { type: "file" };
import sessionObject from "../../bpf/probe/session.bpf.o" with { type: "file" };
import uprobeObject from "../../bpf/probe/uprobe.bpf.o" with { type: "file" };
import { addressesHidden } from "../base/errors.ts";
import { hasDirectReads, hasKprobeMulti, hasProbeCookies, hasRawTracepointCookies, kprobeSession } from "../kernel/features.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { KernelCode } from "../kernel/kernel-code.ts";
import { matchesRequirement, parseRequirement } from "../kernel/version.ts";
import type { LinkInput } from "../libbpf/linker.ts";
import type { KprobeOptions, Site } from "../probe/function-probes.ts";
import { loadKprobes } from "../probe/kprobes.ts";
import { loadKretprobes } from "../probe/kretprobes.ts";
import { linkHooks, type SlottedHook } from "../probe/linked-hooks.ts";
import { parseProbe } from "../probe/probe-spec.ts";
import { loadRawTracepoints } from "../probe/raw-tracepoints.ts";
import type { LoadedProbes } from "../probe/loaded-probes.ts";
import type { Probe } from "../probe/probe.ts";
import { tracingFunctions } from "../probe/tracing-functions.ts";
import type { InstanceSettings, ProgramInstance } from "../probe/program-instance.ts";
import { loadUserProbes } from "../probe/user-probes.ts";
import type { Filters } from "./filters.ts";
import type { UserProbePlan } from "./user-probe-plan.ts";

/** What is linked with every entry object. */
export interface LinkedParts {
  readonly hooks: readonly SlottedHook[];
  readonly filters: Filters;
  /** Function probes that may be added while running. */
  readonly spareKprobes: number;
  /** What is to be probed in programs. */
  readonly users: UserProbePlan | undefined;
  /** `--allow-system-changes` */
  readonly allowSystemChanges: boolean;
}

/** Whether their code has room for a call; true for all where it cannot be read. */
function guessByCode(sites: readonly Site[]): readonly boolean[] {
  using code = KernelCode.open();
  return sites.map(({ address }) => code?.looksTraceable(address) ?? true);
}

/** What ftrace lists, which takes the kernel longer to write than to attach. */
function guessByList(kernel: Kernel, sites: readonly Site[]): readonly boolean[] {
  const names = kernel.traceLists.functions("*");
  const listed = names && new Set(names);
  return sites.map(({ probe }) => listed?.has(probe.symbol) ?? true);
}

function functionOptions(
  kernel: Kernel,
  first: ProgramInstance | undefined,
  { spareKprobes, allowSystemChanges }: LinkedParts,
): KprobeOptions {
  if (kernel.addressesHidden) throw addressesHidden();
  return {
    features: { multi: hasKprobeMulti(kernel), session: kprobeSession(kernel) !== undefined, cookies: hasProbeCookies(kernel) },
    addressesOf: (name) => kernel.addresses.of(name),
    guesses: [guessByCode, (sites) => guessByList(kernel, sites)],
    first,
    spare: spareKprobes,
    allowSystemChanges,
    expeditingHelps: isMeasured(kernel),
  };
}

/** Detaching 99 probes took 4.8 s on 6.1 and 1.5 s with expedited grace periods; on 5.10 there was no difference worth a word. */
function isMeasured({ version }: Kernel): boolean {
  return version !== undefined && matchesRequirement(version, parseRequirement(">= 6.1"));
}

/**
 * Frames of our own that can be known neither by name nor by address. A program of a raw tracepoint is called by bpf_trace_run*
 * (kernel/trace/bpf_trace.c) and nothing else, so these are the innermost two, and in 5.10 three: seen on Debian's kernels.
 */
function unknownOwnFrames(kernel: Kernel, tracepoints: readonly Probe[]): number {
  if (!kernel.addressesHidden || tracingFunctions(kernel, tracepoints).length > 0) return 0;
  const { version } = kernel;
  return version !== undefined && matchesRequirement(version, parseRequirement("<= 5.10")) ? 3 : 2;
}

/** Whether a hook names probes in programs; those for every probe are about packets, which programs do not have. */
function isForPrograms({ at }: SlottedHook, method: "some" | "every"): boolean {
  return at !== "every-probe" && at[method]((probe) => parseProbe(probe).program !== undefined);
}

/** What all programs are linked with where they can read kernel objects without a helper. */
function directReadParts(kernel: Kernel): readonly LinkInput[] {
  return hasDirectReads(kernel) ? [{ name: "direct-reads", bytes: readFileSync(directReadsObject) }] : [];
}

/** What return probes are linked with where the kernel has sessions. */
function sessionParts(kernel: Kernel): readonly LinkInput[] {
  const session = kprobeSession(kernel);
  if (session === undefined) return [];
  return [{ name: `session ${session}`, bytes: readFileSync(session === "plain" ? sessionObject : sessionContextObject) }];
}

/**
 * Loads the programs for all probes; nothing is attached yet.
 * @param probes those in the kernel
 * @param settingsFor settings of an object that is linked with these hooks
 * @throws TraceError; nothing stays loaded then
 */
export function loadProbes(
  kernel: Kernel,
  probes: readonly Probe[],
  parts: LinkedParts,
  settingsFor: (hooks: readonly SlottedHook[]) => InstanceSettings,
): readonly LoadedProbes[] {
  const { users } = parts;
  const directReads = directReadParts(kernel);
  const shared = [...parts.filters.objects, ...directReads];
  const hooks = parts.hooks.filter((hook) => !isForPrograms(hook, "every"));
  const settings = settingsFor(hooks);
  const loaded: LoadedProbes[] = [];
  const ofType = (type: Probe["type"]) => probes.filter((probe) => probe.type === type);
  const first = () => loaded[0]?.instances[0];
  const [tracepoints, kprobes, kretprobes] = [ofType("raw_tracepoint"), ofType("kprobe"), ofType("kretprobe")];
  try {
    if (tracepoints.length > 0) {
      const linked = linkHooks({ name: "raw-tracepoint", bytes: readFileSync(rawTracepointObject) }, hooks, shared);
      const options = { cookies: hasRawTracepointCookies(kernel), ownFrames: unknownOwnFrames(kernel, tracepoints) };
      loaded.push(loadRawTracepoints(linked, settings, tracepoints, options));
    }
    if (kprobes.length + kretprobes.length + parts.spareKprobes > 0) {
      const linked = linkHooks({ name: "kprobe", bytes: readFileSync(kprobeObject) }, hooks, [
        ...shared,
        ...(kretprobes.length > 0 ? sessionParts(kernel) : []),
      ]);
      const options = functionOptions(kernel, first(), parts);
      if (kprobes.length + parts.spareKprobes > 0) loaded.push(...loadKprobes(linked, settings, kprobes, options));
      if (kretprobes.length > 0) loaded.push(loadKretprobes(linked, settings, kretprobes, { ...options, first: first() }));
    }
    if (users) {
      const named = parts.hooks.filter((hook) => isForPrograms(hook, "some"));
      const linked = linkHooks({ name: "uprobe", bytes: readFileSync(uprobeObject) }, named, directReads);
      const { allowSystemChanges } = parts;
      loaded.push(loadUserProbes(linked, settingsFor(named), { ...users, first: first(), allowSystemChanges }));
    }
    return loaded;
  } catch (error) {
    for (const probesOfKind of loaded) probesOfKind.close();
    throw error;
  }
}
