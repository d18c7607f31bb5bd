/** One load of a linked object. Instances of a run share all maps but their own global data and bookkeeping. */
import { BpfObject } from "../libbpf/bpf-object.ts";
import type { BpfMap } from "../libbpf/bpf-map.ts";
import { foldConstants } from "./fold-constants.ts";
import { GlobalData, LinkedConstants } from "./global-data.ts";
import { emits, type Probe } from "./probe.ts";

/** What is the same for all instances of a run. */
export interface InstanceSettings {
  /** Sets the constants; called before load. */
  readonly constants: (data: GlobalData) => void;
  readonly ringBytes: number;
  readonly probes: number;
  /** Sizes of further maps, by name. */
  readonly mapSizes: Readonly<Record<string, number>>;
  /** Further maps of which each load has its own. */
  readonly privateMaps?: readonly string[];
  /** Called before each load; throws to give up. */
  readonly check?: () => void;
}

/** Maps that belong to one load: which functions it serves, and their calls under way. */
const privateMaps = ["retis_addresses", "retis_calls"];

/** Maps of global data, which libbpf names after their section, are private too. */
function isPrivate({ name }: BpfMap, further: readonly string[]): boolean {
  return name.includes(".") || privateMaps.includes(name) || further.includes(name);
}

/** Lets the verifier look only at what these probes, those of one load, need: their hooks, or just tracking; before load. */
export function selectHooks(data: GlobalData, probes: readonly Pick<Probe, "hooks" | "contextHooks" | "bare">[]): void {
  const union = (masks: readonly number[]) => masks.reduce((all, mask) => (all | mask) >>> 0, 0);
  data.set("retis_lifetime_only", !probes.some(emits));
  data.set("retis_load_hooks", union(probes.map(({ hooks }) => hooks)));
  data.set("retis_load_context_hooks", union(probes.map(({ contextHooks }) => contextHooks)));
}

/** What is special to a load. */
export interface LoadAdjustment {
  /** Sets its constants. */
  readonly constants?: (data: GlobalData) => void;
  /** Chooses its programs and sizes its maps; called before load. */
  readonly object?: (object: BpfObject) => void;
}

export class ProgramInstance {
  readonly object: BpfObject;
  readonly data: GlobalData;
  #enabled: DataView | undefined;
  #losses: DataView | undefined;
  #readerSleeps: DataView | undefined;

  /**
   * Opens, adjusts and loads the object.
   * @param first an instance that is already loaded, whose maps are used
   * @throws TraceError when the kernel refuses it
   */
  constructor(linked: Uint8Array, settings: InstanceSettings, adjust: LoadAdjustment, first?: ProgramInstance) {
    settings.check?.();
    const elf = new Uint8Array(linked);
    this.data = new GlobalData(new LinkedConstants(elf, "retis"));
    settings.constants(this.data);
    adjust.constants?.(this.data);
    // Not for older kernels, whose verifiers look at far more and would look at what is put there too.
    if (this.data.initialBoolean("retis_direct_reads") === true) foldConstants(elf);
    this.object = new BpfObject(elf, "retis");
    try {
      this.data.loadedAs(this.object);
      adjust.object?.(this.object);
      this.#prepareMaps(settings, first);
      this.object.load();
    } catch (error) {
      this.object.close();
      throw error;
    }
    this.#enabled = this.data.live("retis_enabled");
    this.#losses = this.data.live("retis_losses");
    this.#readerSleeps = this.data.live("retis_reader_sleeps");
  }

  /** Lets programs emit events, or stops them; takes effect with the next hit. */
  set enabled(on: boolean) {
    this.#enabled?.setUint32(0, on ? 1 : 0, true);
  }

  /** Whether the next record has to wake the reader; programs clear it when they do. */
  set readerSleeps(sleeps: boolean) {
    this.#readerSleeps?.setUint32(0, sleeps ? 1 : 0, true);
  }

  /** Whether any loss was counted since load. */
  get hasLosses(): boolean {
    return this.#losses?.getUint32(0, true) !== 0;
  }

  close(): void {
    this.#enabled = undefined;
    this.#losses = undefined;
    this.#readerSleeps = undefined;
    this.data.close();
    this.object.close();
  }

  #prepareMaps({ ringBytes, probes, mapSizes, privateMaps: further = [] }: InstanceSettings, first: ProgramInstance | undefined): void {
    const sizes: Readonly<Record<string, number>> = { retis_events: ringBytes, retis_probes: probes, retis_counters: probes, ...mapSizes };
    for (const map of this.object.maps()) {
      const shared = isPrivate(map, further) ? undefined : first?.object.map(map.name);
      const size = sizes[map.name];
      if (shared) map.share(shared);
      else if (size !== undefined) map.setMaxEntries(Math.max(1, size));
    }
  }
}
