/**
 * Raw tracepoint probes. With link cookies (6.10) one load serves all tracepoints with the same number of arguments;
 * without, each tracepoint needs a load of its own that knows its probe.
 */
import { notAttached } from "../base/errors.ts";
import { attachRawTracepoint, type Link } from "../libbpf/raw-tracepoint-link.ts";
import { errnoName } from "../libbpf/libc.ts";
import type { GlobalData } from "./global-data.ts";
import type { Probe } from "./probe.ts";
import { type InstanceSettings, ProgramInstance } from "./program-instance.ts";

const programName = "retis_raw_tracepoint";
/** Registers that the entry program reads at most (RETIS_TRACEPOINT_ARGS). */
const argumentLimit = 12;

interface Group {
  readonly probes: readonly Probe[];
  readonly adjust: (data: GlobalData) => void;
}

function groupProbes(probes: readonly Probe[], cookies: boolean): readonly Group[] {
  const keyed = Map.groupBy(probes, (probe) => (cookies ? Math.min(probe.parameters.length, argumentLimit) : `probe ${probe.id}`));
  return [...keyed.values()].map((members) => ({
    probes: members,
    adjust(data) {
      data.set("retis_nargs", Math.min(members[0]?.parameters.length ?? 0, argumentLimit));
      data.set("retis_use_cookie", cookies);
      data.set("retis_probe_id", members[0]?.id ?? 0);
    },
  }));
}

/** Loads what the tracepoints need. Nothing is attached yet. */
export function loadRawTracepoints(linked: Uint8Array, settings: InstanceSettings, probes: readonly Probe[], cookies: boolean): LoadedTracepoints {
  const groups = groupProbes(probes, cookies);
  const instances: ProgramInstance[] = [];
  try {
    for (const group of groups) instances.push(new ProgramInstance(linked, settings, group.adjust, instances[0]));
  } catch (error) {
    for (const instance of instances) instance.close();
    throw error;
  }
  return new LoadedTracepoints(instances, groups, cookies);
}

/** Owns the instances and their links. */
export class LoadedTracepoints {
  readonly #links: Link[] = [];

  constructor(
    readonly instances: readonly ProgramInstance[],
    private readonly groups: readonly Group[],
    private readonly cookies: boolean,
  ) {}

  /** File descriptors of the programs, for statistics. */
  get programFds(): readonly number[] {
    return this.instances.map((instance) => instance.object.programFd(programName));
  }

  /**
   * Attaches all probes. One that the kernel refuses is reported and left out.
   * @returns the probes that are attached
   */
  attach(refused: (probe: Probe, error: ReturnType<typeof notAttached>) => void): readonly Probe[] {
    const attached: Probe[] = [];
    this.groups.forEach((group, index) => {
      const programFd = this.instances[index]?.object.programFd(programName) ?? -1;
      for (const probe of group.probes) {
        const event = probe.symbol.split(":").at(-1) ?? probe.symbol;
        const link = attachRawTracepoint(programFd, event, this.cookies ? probe.id : undefined);
        if (typeof link === "number") refused(probe, notAttached(probe.symbol, errnoName(link)));
        else {
          this.#links.push(link);
          attached.push(probe);
        }
      }
    });
    return attached;
  }

  set enabled(on: boolean) {
    for (const instance of this.instances) instance.enabled = on;
  }

  detach(): void {
    for (const link of this.#links.splice(0)) link.close();
  }

  close(): void {
    this.detach();
    for (const instance of this.instances) instance.close();
  }
}
