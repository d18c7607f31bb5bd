/**
 * Raw tracepoint probes. The kernel does not run a program on top of itself, so each tracepoint has a load of its own: an
 * interrupt at one is then not missed because of another. Loads of tracepoints that only track packets are verified in no time;
 * of many others, those with the same number of arguments share a load if links have cookies (6.10), but for those at which
 * packets end: they are hit in tasks, where soft interrupts with all of the others may come.
 */
import { notAttached } from "../base/errors.ts";
import { errnoName } from "../libbpf/libc.ts";
import { attachRawTracepoint } from "../libbpf/raw-tracepoint-link.ts";
import type { GlobalData } from "./global-data.ts";
import { type Check, type LoadedProgram, LoadedProbes, type Refused } from "./loaded-probes.ts";
import { emits, type Probe } from "./probe.ts";
import { type InstanceSettings, ProgramInstance, selectHooks } from "./program-instance.ts";
import { tracepointArguments } from "./program-types.ts";
import { endTracepoints } from "./skb-lifetime.ts";

const programName = "retis_raw_tracepoint";
/** As many tracepoints that emit events have loads of their own; with all collectors one takes a tenth of a second. */
const mostOwnLoads = 3;

export interface TracepointOptions {
  readonly cookies: boolean;
  readonly first?: ProgramInstance | undefined;
  /** Innermost frames of stacks that are left out: 0 where those of the tracing are known by name or address. */
  readonly ownFrames?: number;
}

interface Group {
  readonly probes: readonly Probe[];
  readonly constants: (data: GlobalData) => void;
}

/** Tracepoints that share a load. */
export function groupTracepoints(probes: readonly Probe[], cookies: boolean): readonly (readonly Probe[])[] {
  const most = tracepointArguments();
  const shared = cookies && probes.filter(emits).length > mostOwnLoads;
  const sharesLoad = (probe: Probe) => shared && emits(probe) && !endTracepoints.includes(probe.symbol);
  const keyed = Map.groupBy(probes, (probe) =>
    sharesLoad(probe) ? `${Math.min(probe.parameters.length, most)} arguments` : `probe ${probe.id}`,
  );
  return [...keyed.values()];
}

function asGroups(probes: readonly Probe[], { cookies, ownFrames = 0 }: TracepointOptions): readonly Group[] {
  const most = tracepointArguments();
  return groupTracepoints(probes, cookies).map((members) => ({
    probes: members,
    constants(data) {
      data.set("retis_nargs", Math.min(members[0]?.parameters.length ?? 0, most));
      // A constant is cheaper than the helper that returns the cookie.
      data.set("retis_use_cookie", cookies && members.length > 1);
      data.set("retis_own_frames", ownFrames);
      data.set("retis_probe_id", members[0]?.id ?? 0);
      selectHooks(data, members);
    },
  }));
}

/**
 * Loads what the tracepoints need. Nothing is attached yet.
 * @param first an instance of another kind whose maps are used
 */
export function loadRawTracepoints(
  linked: Uint8Array,
  settings: InstanceSettings,
  probes: readonly Probe[],
  options: TracepointOptions,
): LoadedProbes {
  const groups = asGroups(probes, options);
  const instances: ProgramInstance[] = [];
  try {
    for (const group of groups) instances.push(new ProgramInstance(linked, settings, group, options.first ?? instances[0]));
  } catch (error) {
    for (const instance of instances) instance.close();
    throw error;
  }
  return new RawTracepoints(instances, groups, options.cookies);
}

class RawTracepoints extends LoadedProbes {
  constructor(
    instances: readonly ProgramInstance[],
    private readonly groups: readonly Group[],
    private readonly cookies: boolean,
  ) {
    super(instances);
  }

  get programs(): readonly LoadedProgram[] {
    return this.instances.map((instance, index) => {
      return { fd: instance.object.programFd(programName), instance, probes: this.groups[index]?.probes ?? [] };
    });
  }

  attach(refused: Refused, check: Check): readonly Probe[] {
    const attachOne = (fd: number, probe: Probe) => {
      check();
      return this.#attachOne(fd, probe, refused);
    };
    return this.programs.flatMap(({ fd, probes }) => probes.filter((probe) => attachOne(fd, probe)));
  }

  #attachOne(programFd: number, probe: Probe, refused: Refused): boolean {
    const event = probe.symbol.split(":").at(-1) ?? probe.symbol;
    const link = attachRawTracepoint(programFd, event, this.cookies ? probe.id : undefined);
    if (typeof link === "number") refused(probe, notAttached(probe.symbol, errnoName(link)));
    else this.keep(link);
    return typeof link !== "number";
  }
}
