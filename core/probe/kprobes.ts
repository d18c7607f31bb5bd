/**
 * Function probes. Entry probes are attached in bulk by address where the kernel can do that, else one by one; return
 * probes always one by one, with an entry probe beside each, as only then the stack pointer tells calls apart.
 */
import { notAttached } from "../base/errors.ts";
import { attachKprobe, attachManyKprobes, BPF_TRACE_KPROBE_MULTI } from "../libbpf/kprobe-link.ts";
import { errnoName } from "../libbpf/libc.ts";
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
  const instance = new ProgramInstance(
    linked,
    settings,
    (data, object) => {
      data.set("retis_identify", byCookie ? identifyBy.cookie : identifyBy.address);
      data.set("retis_saves_entry", atReturn);
      if (multi) object.setAttachType("retis_kprobe", BPF_TRACE_KPROBE_MULTI);
      if (atReturn) object.map("retis_calls")?.setMaxEntries(callEntries);
      else object.skipProgram("retis_kretprobe");
      if (!byCookie) object.map("retis_addresses")?.setMaxEntries(Math.max(1, sites.length));
    },
    first,
  );
  if (!byCookie) writeAddresses(instance, sites);
  return instance;
}

/** Loads the programs for entry probes. Nothing is attached yet. */
export function loadKprobes(linked: Uint8Array, settings: InstanceSettings, probes: readonly Probe[], options: KprobeOptions): LoadedProbes {
  const sites = sitesOf(probes, options.addressesOf);
  const instance = loadInstance(linked, settings, sites, options, false);
  return new Kprobes(instance, probes, sites, options.features);
}

/** Loads the programs for return probes. Nothing is attached yet. */
export function loadKretprobes(linked: Uint8Array, settings: InstanceSettings, probes: readonly Probe[], options: KprobeOptions): LoadedProbes {
  const sites = sitesOf(probes, options.addressesOf);
  const instance = loadInstance(linked, settings, sites, options, true);
  return new Kretprobes(instance, probes, sites, options.features);
}

abstract class FunctionProbes extends LoadedProbes {
  constructor(
    protected readonly instance: ProgramInstance,
    protected readonly probes: readonly Probe[],
    protected readonly sites: readonly Site[],
    protected readonly features: KprobeFeatures,
  ) {
    super([instance]);
  }

  attach(refused: Refused): readonly Probe[] {
    const attached = new Set<Probe>();
    const errors = new Map<Probe, number>();
    this.attachSites(attached, errors);
    for (const probe of this.probes) {
      const errno = errors.get(probe);
      if (!attached.has(probe)) refused(probe, notAttached(probe.symbol, errno === undefined ? "that it has no such symbol" : errnoName(errno)));
    }
    return [...attached];
  }

  protected abstract attachSites(attached: Set<Probe>, errors: Map<Probe, number>): void;
}

class Kprobes extends FunctionProbes {
  get programFds(): readonly number[] {
    return [this.instance.object.programFd("retis_kprobe")];
  }

  protected attachSites(attached: Set<Probe>, errors: Map<Probe, number>): void {
    if (this.features.multi) this.#attachMany(this.sites, attached, errors);
    else this.#attachEach(attached, errors);
  }

  /** One refused address refuses all: halves are tried until the culprit stands alone. */
  #attachMany(sites: readonly Site[], attached: Set<Probe>, errors: Map<Probe, number>): void {
    if (sites.length === 0) return;
    const addresses = BigUint64Array.from(sites, ({ address }) => address);
    const cookies = BigUint64Array.from(sites, ({ probe }) => BigInt(probe.id));
    const link = attachManyKprobes(this.programFds[0] ?? -1, addresses, cookies);
    if (typeof link !== "number") {
      this.keep(link);
      for (const { probe } of sites) attached.add(probe);
    } else if (sites.length === 1) {
      for (const { probe } of sites) errors.set(probe, link);
    } else {
      const middle = sites.length >> 1;
      this.#attachMany(sites.slice(0, middle), attached, errors);
      this.#attachMany(sites.slice(middle), attached, errors);
    }
  }

  #attachEach(attached: Set<Probe>, errors: Map<Probe, number>): void {
    const [programFd = -1] = this.programFds;
    for (const { probe, address } of this.sites) {
      const link = attachKprobe(programFd, address, { atReturn: false, ...(this.features.cookies ? { cookie: probe.id } : {}) });
      if (typeof link === "number") errors.set(probe, link);
      else {
        this.keep(link);
        attached.add(probe);
      }
    }
  }
}

class Kretprobes extends FunctionProbes {
  get programFds(): readonly number[] {
    return ["retis_kprobe", "retis_kretprobe"].map((name) => this.instance.object.programFd(name));
  }

  protected attachSites(attached: Set<Probe>, errors: Map<Probe, number>): void {
    const [entryFd = -1, returnFd = -1] = this.programFds;
    for (const { probe, address } of this.sites) {
      const cookie = this.features.cookies ? { cookie: probe.id } : {};
      // The return first: a call that enters before its return is watched would leave an entry behind.
      const atReturn = attachKprobe(returnFd, address, { atReturn: true, ...cookie });
      if (typeof atReturn === "number") {
        errors.set(probe, atReturn);
        continue;
      }
      const atEntry = attachKprobe(entryFd, address, { atReturn: false, ...cookie });
      if (typeof atEntry === "number") {
        atReturn.close();
        errors.set(probe, atEntry);
        continue;
      }
      this.keep(atEntry);
      this.keep(atReturn);
      attached.add(probe);
    }
  }
}
