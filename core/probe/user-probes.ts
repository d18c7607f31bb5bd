/**
 * Probes in programs. Each place of a probe is attached by itself: in one process, or in all that run the file. While a run
 * goes on, processes end and others start, so probes are attached and detached.
 */
import { type TraceError, userProbeRefused } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { counted } from "../base/plural.ts";
import { withExpeditedGracePeriods } from "../kernel/grace-periods.ts";
import { errnoName } from "../libbpf/libc.ts";
import type { Link } from "../libbpf/link.ts";
import { attachUprobe } from "../libbpf/uprobe-link.ts";
import type { FoundFile, TargetFinder } from "../userspace/target-finder.ts";
import { LoadedProbes, type Refused } from "./loaded-probes.ts";
import { emits, type Probe } from "./probe.ts";
import { type InstanceSettings, ProgramInstance } from "./program-instance.ts";
import { userSiteConfig } from "./user-site.ts";
import type { Attachment, UserProbe, UserProbeSet } from "./user-probe-set.ts";

const programName = "retis_uprobe";
/** Each link waits for grace periods when it is closed; of this many the waiting is noticed. */
const manyLinks = 16;
/** Looking at processes takes at most this part of the time, while new ones start. */
const shareOfTime = 1 / 50;
const shortestPauseMs = 250;

export interface UserProbesOptions {
  readonly finder: TargetFinder;
  readonly set: UserProbeSet;
  /** What the finder found first, numbered in the set already. */
  readonly found: readonly FoundFile[];
  readonly room: { readonly sites: number };
  /** An instance of another kind whose maps are used. */
  readonly first: ProgramInstance | undefined;
  /** Settings of the kernel may be changed to detach sooner. */
  readonly allowSystemChanges: boolean;
}

/** Loads the program of user-space probes. Nothing is attached yet. */
export function loadUserProbes(linked: Uint8Array, settings: InstanceSettings, options: UserProbesOptions): UserProbes {
  const sized = { ...settings, mapSizes: { ...settings.mapSizes, retis_user_sites: options.room.sites } };
  return new UserProbes(new ProgramInstance(linked, sized, () => {}, options.first), options);
}

/** Links of one probe in one process, or in all. */
interface Attached {
  readonly probe: UserProbe;
  readonly pid: number | undefined;
  readonly links: readonly Link[];
}

export class UserProbes extends LoadedProbes {
  readonly #instance: ProgramInstance;
  readonly #options: UserProbesOptions;
  #attached: Attached[] = [];
  #found: readonly FoundFile[];
  #configured = new Set<number>();
  #nextScan = 0;
  #saidFull = false;

  constructor(instance: ProgramInstance, options: UserProbesOptions) {
    super([instance]);
    this.#instance = instance;
    this.#options = options;
    this.#found = options.found;
  }

  get programFds(): readonly number[] {
    return [this.#instance.object.programFd(programName)];
  }

  attach(refused: Refused): readonly Probe[] {
    const attached = this.#attachFound(this.#found, refused);
    this.#found = [];
    return attached;
  }

  /**
   * Looks at the running processes, unless it did so a moment ago, and attaches and detaches accordingly.
   * @param prepare called for each probe before it is attached somewhere
   * @returns the probes that were attached somewhere
   */
  follow(prepare: (probe: UserProbe) => void): readonly Probe[] {
    const start = performance.now();
    if (start < this.#nextScan) return [];
    const { found, ended } = this.#options.finder.scan();
    for (const pid of ended) this.#detachFrom(pid);
    const attached = this.#attachFound(found, (_probe, error) => log.warn(error.message), prepare);
    const took = performance.now() - start;
    this.#nextScan = start + Math.max(shortestPauseMs, took / shareOfTime);
    return attached;
  }

  override detach(): void {
    const close = () => {
      for (const { links } of this.#attached.splice(0)) for (const link of links) link.close();
      super.detach();
    };
    const links = this.#attached.reduce((sum, one) => sum + one.links.length, 0);
    if (this.#options.allowSystemChanges && links >= manyLinks) withExpeditedGracePeriods(close);
    else close();
  }

  override close(): void {
    for (const { file } of this.#found) file.close();
    this.#found = [];
    super.close();
  }

  #attachFound(found: readonly FoundFile[], refused: Refused, prepare: (probe: UserProbe) => void = () => {}): readonly Probe[] {
    try {
      const attachments = this.#options.set.add(found);
      this.#sayWhenFull();
      return attachments
        .filter((attachment) => {
          prepare(attachment.probe);
          return this.#attachOne(attachment, refused);
        })
        .map(({ probe }) => probe);
    } finally {
      for (const { file } of found) file.close();
    }
  }

  /** Attaches all places of a probe. What was attached in single processes goes when the probe is attached in all of them. */
  #attachOne({ probe, file, pid }: Attachment, refused: Refused): boolean {
    // Nobody wants its events.
    if (!emits(probe)) return false;
    const present = this.#attached.filter((one) => one.probe.id === probe.id);
    if (present.some((one) => one.pid === undefined || one.pid === pid)) return false;
    const links: Link[] = [];
    let error: TraceError | undefined;
    for (const { index, site } of probe.sites) {
      this.#configure(probe, index, userSiteConfig(probe.id, probe.type, site));
      const link = attachUprobe(this.programFds[0] ?? -1, { path: file.path, offset: site.offset, semaphore: site.semaphore, pid }, index);
      if (typeof link !== "number") links.push(link);
      else error = userProbeRefused(probe.symbol, probe.path, errnoName(link));
    }
    if (error) refused(probe, error);
    if (links.length === 0) return false;
    this.#attached.push({ probe, pid, links });
    if (pid === undefined) this.#close((one) => one.probe.id === probe.id && one.pid !== undefined);
    log.debug(`Attached to ${probe.symbol} of ${probe.path}${pid === undefined ? "" : ` in process ${pid}`}`);
    return true;
  }

  #configure(_probe: UserProbe, index: number, config: Uint8Array): void {
    if (this.#configured.has(index)) return;
    this.#configured.add(index);
    this.#instance.object.map("retis_user_sites")?.update(new Uint8Array(new Uint32Array([index]).buffer), config);
  }

  #detachFrom(pid: number): void {
    const ended = this.#attached.filter((one) => one.pid === pid);
    if (ended.length === 0) return;
    log.info(`Process ${pid} exited: detached ${counted(ended.length, "probe")}`);
    this.#close((one) => one.pid === pid);
  }

  #close(isMeant: (one: Attached) => boolean): void {
    const closing = this.#attached.filter(isMeant);
    this.#attached = this.#attached.filter((one) => !isMeant(one));
    for (const { links } of closing) for (const link of links) link.close();
  }

  #sayWhenFull(): void {
    if (!this.#options.set.full || this.#saidFull) return;
    this.#saidFull = true;
    log.warn("Cannot attach more user-space probes: the limit of one run is reached");
  }
}
