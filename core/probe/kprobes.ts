/**
 * Function probes. Entry probes are attached in bulk by address where the kernel can do that, else one by one; return
 * probes always one by one, with an entry probe beside each, as only then the stack pointer tells calls apart.
 */
import { notAttached } from "../base/errors.ts";
import { attachKprobe, attachManyKprobes, BPF_TRACE_KPROBE_MULTI } from "../libbpf/kprobe-link.ts";
import { errnoName } from "../libbpf/libc.ts";
import { attachInGroups } from "./attach-groups.ts";
import { LoadedProbes, type Refused } from "./loaded-probes.ts";
import type { Probe } from "./probe.ts";
import { type InstanceSettings, ProgramInstance } from "./program-instance.ts";

/** Registers that hold arguments at a function's entry. */
export const functionArguments = process.arch === "arm64" ? 8 : 6;

/** Values of `retis_identify` in bpf/probe/kprobe.bpf.c. */
const identifyBy = { cookie: 0, address: 1 } as const;
/** Calls under way that return probes can remember. */
const callEntries = 16384;

/** What the kernel offers for function probes. */
export interface KprobeFeatures {
  /** Many probes with one link, each with a cookie. */
  readonly multi: boolean;
  /** Single probes have a cookie. */
  readonly cookies: boolean;
}

/** Addresses of a function; more than one when static functions share the name. */
export type AddressesOf = (name: string) => readonly bigint[];

interface Site {
  readonly probe: Probe;
  readonly address: bigint;
}

export interface KprobeOptions {
  readonly features: KprobeFeatures;
  readonly addressesOf: AddressesOf;
  readonly first?: ProgramInstance | undefined;
  /** Probes that may be added while running. */
  readonly spare?: number;
}

function sitesOf(probes: readonly Probe[], addressesOf: AddressesOf): readonly Site[] {
  return probes.flatMap((probe) => addressesOf(probe.symbol).map((address) => ({ probe, address })));
}

function writeAddresses(instance: ProgramInstance, sites: readonly Site[]): void {
  const map = instance.object.map("retis_addresses");
  for (const { probe, address } of sites) {
    map?.update(new Uint8Array(new BigUint64Array([address]).buffer), new Uint8Array(new Uint32Array([probe.id]).buffer));
  }
}

function loadInstance(linked: Uint8Array, settings: InstanceSettings, sites: readonly Site[], options: KprobeOptions, atReturn: boolean): ProgramInstance {
  const { features, first } = options;
  const multi = features.multi && !atReturn;
  const byCookie = multi || features.cookies;
  return new ProgramInstance(
    linked,
    settings,
    (data, object) => {
      data.set("retis_identify", byCookie ? identifyBy.cookie : identifyBy.address);
      data.set("retis_saves_entry", atReturn);
      if (multi) object.setAttachType("retis_kprobe", BPF_TRACE_KPROBE_MULTI);
      if (atReturn) object.map("retis_calls")?.setMaxEntries(callEntries);
      else object.skipProgram("retis_kretprobe");
      if (!byCookie) object.map("retis_addresses")?.setMaxEntries(Math.max(1, sites.length + (options.spare ?? 0)));
    },
    first,
  );
}

/** Loads the programs for entry probes. Nothing is attached yet. */
export function loadKprobes(linked: Uint8Array, settings: InstanceSettings, probes: readonly Probe[], options: KprobeOptions): Kprobes {
  const sites = sitesOf(probes, options.addressesOf);
  return new Kprobes(loadInstance(linked, settings, sites, options, false), probes, options);
}

/** Loads the programs for return probes. Nothing is attached yet. */
export function loadKretprobes(linked: Uint8Array, settings: InstanceSettings, probes: readonly Probe[], options: KprobeOptions): LoadedProbes {
  const sites = sitesOf(probes, options.addressesOf);
  return new Kretprobes(loadInstance(linked, settings, sites, options, true), probes, options);
}

/** What came of attaching a few probes. */
class Outcome {
  readonly attached = new Set<Probe>();
  readonly errors = new Map<Probe, number>();
}

abstract class FunctionProbes extends LoadedProbes {
  constructor(
    protected readonly instance: ProgramInstance,
    private readonly probes: readonly Probe[],
    protected readonly options: KprobeOptions,
  ) {
    super([instance]);
  }

  attach(refused: Refused): readonly Probe[] {
    return this.attachMore(this.probes, refused);
  }

  /** Attaches further probes, as many as were spared. */
  attachMore(probes: readonly Probe[], refused: Refused): readonly Probe[] {
    const outcome = new Outcome();
    const sites = sitesOf(probes, this.options.addressesOf);
    if (!this.options.features.cookies && !this.options.features.multi) writeAddresses(this.instance, sites);
    this.attachSites(sites, outcome);
    for (const probe of probes) {
      const errno = outcome.errors.get(probe);
      if (!outcome.attached.has(probe)) refused(probe, notAttached(probe.symbol, errno === undefined ? "that it has no such symbol" : errnoName(errno)));
    }
    return [...outcome.attached];
  }

  protected abstract attachSites(sites: readonly Site[], outcome: Outcome): void;

  /** Options of a single probe. */
  protected cookieOf(probe: Probe): { readonly cookie?: number } {
    return this.options.features.cookies ? { cookie: probe.id } : {};
  }
}

export class Kprobes extends FunctionProbes {
  get programFds(): readonly number[] {
    return [this.instance.object.programFd("retis_kprobe")];
  }

  protected attachSites(sites: readonly Site[], outcome: Outcome): void {
    if (this.options.features.multi) this.#attachMany(sites, outcome);
    else this.#attachEach(sites, outcome);
  }

  #attachMany(sites: readonly Site[], outcome: Outcome): void {
    const attached = attachInGroups(sites, (group) => this.#attachGroup(group), ({ probe }, errno) => outcome.errors.set(probe, errno));
    for (const { probe } of attached) outcome.attached.add(probe);
  }

  /** One link for all; returns the errno when the kernel refuses. */
  #attachGroup(sites: readonly Site[]): number | undefined {
    const addresses = BigUint64Array.from(sites, ({ address }) => address);
    const cookies = BigUint64Array.from(sites, ({ probe }) => BigInt(probe.id));
    const link = attachManyKprobes(this.programFds[0] ?? -1, addresses, cookies);
    if (typeof link === "number") return link;
    this.keep(link);
    return undefined;
  }

  #attachEach(sites: readonly Site[], outcome: Outcome): void {
    const [programFd = -1] = this.programFds;
    for (const { probe, address } of sites) {
      const link = attachKprobe(programFd, address, { atReturn: false, ...this.cookieOf(probe) });
      if (typeof link === "number") outcome.errors.set(probe, link);
      else {
        this.keep(link);
        outcome.attached.add(probe);
      }
    }
  }
}

class Kretprobes extends FunctionProbes {
  get programFds(): readonly number[] {
    return ["retis_kprobe", "retis_kretprobe"].map((name) => this.instance.object.programFd(name));
  }

  protected attachSites(sites: readonly Site[], outcome: Outcome): void {
    for (const site of sites) {
      const errno = this.#attachPair(site);
      if (errno === undefined) outcome.attached.add(site.probe);
      else outcome.errors.set(site.probe, errno);
    }
  }

  /** The return first: a call that enters before its return is watched would leave an entry behind. */
  #attachPair({ probe, address }: Site): number | undefined {
    const [entryFd = -1, returnFd = -1] = this.programFds;
    const atReturn = attachKprobe(returnFd, address, { atReturn: true, ...this.cookieOf(probe) });
    if (typeof atReturn === "number") return atReturn;
    const atEntry = attachKprobe(entryFd, address, { atReturn: false, ...this.cookieOf(probe) });
    if (typeof atEntry === "number") {
      atReturn.close();
      return atEntry;
    }
    this.keep(atEntry);
    this.keep(atReturn);
    return undefined;
  }
}
