/**
 * Probes in programs, attached in one process or in all that run a file. While a run goes on, processes end and others start, so
 * probes are attached and detached.
 */
import { describeError, reasonOf, userProbeRefused } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { withoutControls } from "../base/terminal.ts";
import { counted } from "../base/plural.ts";
import { withExpeditedGracePeriods } from "../kernel/grace-periods.ts";
import { errnoName } from "../libbpf/libc.ts";
import type { Link } from "../libbpf/link.ts";
import type { FoundFile, TargetFinder } from "../userspace/target-finder.ts";
import { type Check, type LoadedProgram, LoadedProbes, type Refused } from "./loaded-probes.ts";
import { emits, type Probe } from "./probe.ts";
import { type InstanceSettings, ProgramInstance } from "./program-instance.ts";
import { userSiteConfig } from "./user-site.ts";
import { chooseUprobePrograms, UserLinks } from "./user-links.ts";
import type { NumberedSite, UserProbe, UserProbeSet } from "./user-probe-set.ts";

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
  /** The kernel attaches many sites with one link. */
  readonly multi: boolean;
  /** An instance of another kind whose maps are used. */
  readonly first: ProgramInstance | undefined;
  /** Settings of the kernel may be changed to detach sooner. */
  readonly allowSystemChanges: boolean;
}

/** Loads the program of user-space probes. Nothing is attached yet. */
export function loadUserProbes(linked: Uint8Array, settings: InstanceSettings, options: UserProbesOptions): UserProbes {
  const sized = { ...settings, mapSizes: { ...settings.mapSizes, retis_user_sites: options.room.sites } };
  return new UserProbes(new ProgramInstance(linked, sized, chooseUprobePrograms(options.multi), options.first), options);
}

/** What attaching reports to, and what may end it. */
interface Attaching {
  readonly refused: Refused;
  readonly check: Check;
  /** Called for each probe before it is attached somewhere. */
  readonly prepare: (probe: UserProbe) => void;
}

/** A site and its probe. */
interface ProbeSite extends NumberedSite {
  readonly probe: UserProbe;
}

/** What was attached in one go: probes of one file, in one process or in all that run it. */
interface Batch {
  readonly probes: readonly UserProbe[];
  readonly pid: number | undefined;
  readonly links: readonly Link[];
}

export class UserProbes extends LoadedProbes {
  readonly #instance: ProgramInstance;
  readonly #options: UserProbesOptions;
  readonly #links: UserLinks;
  #batches: readonly Batch[] = [];
  #found: readonly FoundFile[];
  #configured = new Set<number>();
  #nextScan = 0;
  #saidFull = false;
  #saidFailed = false;

  constructor(instance: ProgramInstance, options: UserProbesOptions) {
    super([instance]);
    this.#instance = instance;
    this.#options = options;
    this.#links = new UserLinks(instance, options.multi);
    this.#found = options.found;
  }

  get programs(): readonly LoadedProgram[] {
    const { probes } = this.#options.set;
    return this.#links.programFds.map((fd) => ({ fd, instance: this.#instance, probes }));
  }

  /** Whether attaching in new processes takes performance events. */
  get usesPerfEvents(): boolean {
    return this.#links.usesPerfEvents;
  }

  attach(refused: Refused, check: Check): readonly Probe[] {
    const found = this.#found;
    this.#found = [];
    return this.#attachFound(found, { refused, check, prepare: () => {} });
  }

  /**
   * Looks at the running processes, unless it did so a moment ago, and attaches and detaches accordingly. A run goes on when
   * that fails, e.g. for want of file descriptors.
   * @param prepare called for each probe before it is attached somewhere
   * @returns the probes that were attached somewhere
   */
  follow(prepare: (probe: UserProbe) => void): readonly Probe[] {
    const start = performance.now();
    if (start < this.#nextScan) return [];
    try {
      const { found, ended } = this.#options.finder.scan();
      for (const pid of ended) this.#detachFrom(pid);
      const refused: Refused = (_probe, error) => log.warn(describeError(error));
      return this.#attachFound(found, { refused, check: () => {}, prepare });
    } catch (error) {
      if (!this.#saidFailed) log.warn(`Cannot look for new processes to probe: ${reasonOf(error)}`);
      this.#saidFailed = true;
      return [];
    } finally {
      const took = performance.now() - start;
      this.#nextScan = start + Math.max(shortestPauseMs, took / shareOfTime);
    }
  }

  /** Milliseconds until {@link follow} looks at processes again. */
  untilFollow(): number {
    return Math.max(0, this.#nextScan - performance.now());
  }

  override detach(): void {
    const close = () => {
      this.#close(this.#batches);
      super.detach();
    };
    const links = this.#batches.reduce((sum, one) => sum + one.links.length, 0);
    if (this.#options.allowSystemChanges && links >= manyLinks) withExpeditedGracePeriods(close);
    else close();
  }

  override close(): void {
    for (const { file } of this.#found) file.close();
    this.#found = [];
    super.close();
  }

  #attachFound(found: readonly FoundFile[], attaching: Attaching): readonly Probe[] {
    try {
      return found.flatMap((one) => {
        const probes = this.#options.set.add(one);
        this.#sayWhenFull();
        for (const probe of probes) attaching.prepare(probe);
        return this.#attachIn(one, probes.filter(emits), attaching);
      });
    } finally {
      for (const { file } of found) file.close();
    }
  }

  /** Attaches probes of a file, unless they are attached there already. */
  #attachIn(found: FoundFile, probes: readonly UserProbe[], attaching: Attaching): readonly UserProbe[] {
    const { pid } = found;
    const present = this.#batches.filter((batch) => batch.pid === undefined || batch.pid === pid).flatMap((batch) => batch.probes);
    const missing = probes.filter(({ id }) => !present.some((probe) => probe.id === id));
    const attached = this.#attachBatch(found, missing, attaching);
    if (pid === undefined) this.#replaceSingle(found, attached, attaching);
    return attached;
  }

  #attachBatch(
    { file, pid }: Pick<FoundFile, "file" | "pid">,
    probes: readonly UserProbe[],
    { refused, check }: Attaching,
  ): readonly UserProbe[] {
    const sites = probes.flatMap((probe) => probe.sites.map((site): ProbeSite => ({ ...site, probe })));
    if (sites.length === 0) return [];
    for (const site of sites) this.#configure(site);
    const errors = new Map<UserProbe, number>();
    const noteRefused = ({ probe }: ProbeSite, errno: number) => errors.set(probe, errno);
    const { links, attached } = this.#links.attach({ path: file.path, pid, sites }, noteRefused, check);
    for (const [probe, errno] of errors) refused(probe, userProbeRefused(probe.symbol, withoutControls(probe.path), errnoName(errno)));
    const done = [...new Set(attached.map(({ probe }) => probe))];
    if (done.length > 0) this.#batches = [...this.#batches, { probes: done, pid, links }];
    const where = pid === undefined ? "" : ` in process ${pid}`;
    for (const { symbol, path } of done) log.debug(`Attached to ${symbol} of ${withoutControls(path)}${where}`);
    return done;
  }

  /** What is attached in all processes must not be attached in single ones as well: each hit would be reported twice. */
  #replaceSingle({ file }: FoundFile, everywhere: readonly UserProbe[], attaching: Attaching): void {
    const isCovered = (probe: UserProbe) => everywhere.some(({ id }) => id === probe.id);
    const single = this.#batches.filter(({ pid, probes }) => pid !== undefined && probes.some(isCovered));
    this.#close(single);
    for (const { pid, probes } of single) {
      const others = probes.filter((probe) => !isCovered(probe));
      this.#attachBatch({ file, pid }, others, attaching);
    }
  }

  #configure({ index, site, probe }: ProbeSite): void {
    if (this.#configured.has(index)) return;
    this.#configured.add(index);
    const config = userSiteConfig(probe.id, probe.type, site);
    this.#instance.object.map("retis_user_sites")?.update(new Uint8Array(new Uint32Array([index]).buffer), config);
  }

  #detachFrom(pid: number): void {
    const ended = this.#batches.filter((batch) => batch.pid === pid);
    if (ended.length === 0) return;
    const probes = ended.reduce((sum, batch) => sum + batch.probes.length, 0);
    log.info(`Process ${pid} exited: detached ${counted(probes, "probe")}`);
    this.#close(ended);
  }

  #close(batches: readonly Batch[]): void {
    this.#batches = this.#batches.filter((batch) => !batches.includes(batch));
    for (const { links } of batches) for (const link of links) link.close();
  }

  #sayWhenFull(): void {
    if (!this.#options.set.full || this.#saidFull) return;
    this.#saidFull = true;
    log.warn("Cannot attach more user-space probes: the limit of one run is reached");
  }
}
