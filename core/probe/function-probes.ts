/** What probes at entries and returns of functions have in common: each probe is attached wherever its function is. */
import { notAttached } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { withExpeditedGracePeriods } from "../kernel/grace-periods.ts";
import type { BpfObject } from "../libbpf/bpf-object.ts";
import { errnoName } from "../libbpf/libc.ts";
import type { Link } from "../libbpf/link.ts";
import { attachTogether, type Guess } from "./attach-groups.ts";
import { type Check, type LoadedProgram, LoadedProbes, type Refused } from "./loaded-probes.ts";
import type { Probe } from "./probe.ts";
import type { GlobalData } from "./global-data.ts";
import { type InstanceSettings, type LoadAdjustment, ProgramInstance, selectHooks } from "./program-instance.ts";

/** Programs of bpf/probe/kprobe.bpf.c. */
export type FunctionProgram = "retis_kprobe" | "retis_kretprobe" | "retis_session";
const functionPrograms: readonly FunctionProgram[] = ["retis_kprobe", "retis_kretprobe", "retis_session"];

/** Each single probe waits for grace periods when it is detached; of this many the waiting is noticed. */
const manyLinks = 16;

/** What the kernel offers for function probes. */
export interface KprobeFeatures {
  /** Many probes with one link, each with a cookie. */
  readonly multi: boolean;
  /** One program runs at entry and return; the linked object has what distinguishes them. */
  readonly session: boolean;
  /** Single probes have a cookie. */
  readonly cookies: boolean;
}

/** Addresses of a function; more than one when static functions share the name. */
export type AddressesOf = (name: string) => readonly bigint[];

export interface KprobeOptions {
  readonly features: KprobeFeatures;
  readonly addressesOf: AddressesOf;
  /** For when the kernel refuses some of many: which can be traced, cheapest first. */
  readonly guesses: readonly Guess<Site>[];
  readonly first?: ProgramInstance | undefined;
  /** Probes that may be added while running. */
  readonly spare?: number;
  /** Settings of the kernel may be changed to detach sooner. */
  readonly allowSystemChanges: boolean;
  /** Such a setting is known to help here. */
  readonly expeditingHelps: boolean;
}

/** A function that a probe is attached to. */
export interface Site {
  readonly probe: Probe;
  readonly address: bigint;
}

export function sitesOf(probes: readonly Probe[], addressesOf: AddressesOf): readonly Site[] {
  return probes.flatMap((probe) => addressesOf(probe.symbol).map((address) => ({ probe, address })));
}

/** What one load of the entry object serves. */
export interface FunctionLoad {
  /** The programs to load; the others are left out. */
  readonly programs: readonly FunctionProgram[];
  /** Expected attach type, for links of many functions. */
  readonly attachType?: number | undefined;
  /** Further settings, before load. */
  readonly prepare?: LoadAdjustment;
}

/** Loads programs for function probes. Nothing is attached yet. @throws TraceError when the kernel refuses them */
export function loadFunctionPrograms(
  linked: Uint8Array,
  settings: InstanceSettings,
  probes: readonly Probe[],
  options: KprobeOptions,
  load: FunctionLoad,
): ProgramInstance {
  const { features, addressesOf, first, spare = 0 } = options;
  const byCookie = features.multi || features.cookies;
  const constants = (data: GlobalData) => {
    data.set("retis_identify", byCookie ? "RETIS_BY_COOKIE" : "RETIS_BY_ADDRESS");
    // Probes that are added later are not known yet.
    if (spare === 0) selectHooks(data, probes);
    load.prepare?.constants?.(data);
  };
  const adjust = (object: BpfObject) => {
    if (!byCookie) object.map("retis_addresses")?.setMaxEntries(Math.max(1, sitesOf(probes, addressesOf).length + spare));
    for (const name of functionPrograms) {
      if (!load.programs.includes(name)) object.skipProgram(name);
      else if (load.attachType !== undefined) object.setAttachType(name, load.attachType);
    }
    load.prepare?.object?.(object);
  };
  return new ProgramInstance(linked, settings, { constants, object: adjust }, first);
}

/** Without cookies a program finds its probe by the function's address. */
function writeAddresses(instance: ProgramInstance, sites: readonly Site[]): void {
  const map = instance.object.map("retis_addresses");
  for (const { probe, address } of sites) {
    map?.update(new Uint8Array(new BigUint64Array([address]).buffer), new Uint8Array(new Uint32Array([probe.id]).buffer));
  }
}

export abstract class FunctionProbes extends LoadedProbes {
  readonly #probes: readonly Probe[];
  /** Those that were attached while running. */
  readonly #added: Probe[] = [];

  /** @param names of the programs that are attached */
  constructor(
    protected readonly instance: ProgramInstance,
    probes: readonly Probe[],
    protected readonly options: KprobeOptions,
    private readonly names: readonly FunctionProgram[],
  ) {
    super([instance]);
    this.#probes = probes;
  }

  get programs(): readonly LoadedProgram[] {
    const probes = [...this.#probes, ...this.#added];
    return this.names.map((name) => ({ fd: this.programFd(name), instance: this.instance, probes }));
  }

  attach(refused: Refused, check: Check): readonly Probe[] {
    return this.#attach(this.#probes, refused, check);
  }

  /** Attaches further probes, as many as were spared. */
  attachMore(probes: readonly Probe[], refused: Refused): readonly Probe[] {
    const attached = this.#attach(probes, refused, () => {});
    this.#added.push(...attached);
    return attached;
  }

  #attach(probes: readonly Probe[], refused: Refused, check: Check): readonly Probe[] {
    const sites = sitesOf(probes, this.options.addressesOf);
    const errors = new Map<Probe, number>();
    if (!this.options.features.cookies && !this.options.features.multi) writeAddresses(this.instance, sites);
    const noteRefused = ({ probe }: Site, errno: number) => errors.set(probe, errno);
    const attached = new Set(this.#attachSites(sites, noteRefused, check).map(({ probe }) => probe));
    for (const probe of probes) {
      const errno = errors.get(probe);
      if (!attached.has(probe)) refused(probe, notAttached(probe.symbol, errno === undefined ? "no such symbol" : errnoName(errno)));
    }
    return [...attached];
  }

  override detach(): void {
    if (this.linkCount < manyLinks) return super.detach();
    if (this.options.allowSystemChanges) return withExpeditedGracePeriods(() => super.detach());
    const advice = this.options.expeditingHelps ? "; --allow-system-changes makes that faster" : ", which takes a while";
    log.info(`Detaching ${this.linkCount} probes one by one${advice}`);
    super.detach();
  }

  /** Attaches many sites at once. @returns the links, or the errno (positive) of the refusal; nothing is attached then */
  protected abstract attachMany(sites: readonly Site[]): readonly Link[] | number;

  /** The same for one site, on kernels that cannot take many. */
  protected abstract attachOne(site: Site): readonly Link[] | number;

  #attachSites(sites: readonly Site[], refused: (site: Site, errno: number) => void, check: Check): readonly Site[] {
    const attachGroup = (group: readonly Site[]) => {
      check();
      return this.#keepAll(this.attachMany(group));
    };
    if (this.options.features.multi) return attachTogether(sites, attachGroup, refused, this.options.guesses);
    return sites.filter((site) => {
      check();
      const errno = this.#keepAll(this.attachOne(site));
      if (errno !== undefined) refused(site, errno);
      return errno === undefined;
    });
  }

  #keepAll(links: readonly Link[] | number): number | undefined {
    if (typeof links === "number") return links;
    for (const link of links) this.keep(link);
    return undefined;
  }

  protected programFd(name: FunctionProgram): number {
    return this.instance.object.programFd(name);
  }

  /** Options of a single probe. */
  protected cookieOf(probe: Probe): { readonly cookie?: number } {
    return this.options.features.cookies ? { cookie: probe.id } : {};
  }
}

/** Addresses and cookies of sites as a link of many takes them. */
export function addressesAndCookies(sites: readonly Site[]): readonly [BigUint64Array, BigUint64Array] {
  return [BigUint64Array.from(sites, ({ address }) => address), BigUint64Array.from(sites, ({ probe }) => BigInt(probe.id))];
}
