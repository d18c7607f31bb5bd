/** What a kind of probe must offer once its programs are loaded. */
import type { TraceError } from "../base/errors.ts";
import type { Link } from "../libbpf/link.ts";
import type { Probe } from "./probe.ts";
import type { ProgramInstance } from "./program-instance.ts";

/** Called for a probe that the kernel refused. */
export type Refused = (probe: Probe, error: TraceError) => void;

/** Called before each step of work that may take long; throws to give up. */
export type Check = () => void;

/** A program in the kernel, and the probes that it serves. */
export interface LoadedProgram {
  readonly fd: number;
  readonly instance: ProgramInstance;
  readonly probes: readonly Probe[];
}

/** Owns instances and links of one kind of probe. */
export abstract class LoadedProbes {
  readonly #links: Link[] = [];
  #missed = 0;

  constructor(readonly instances: readonly ProgramInstance[]) {}

  abstract get programs(): readonly LoadedProgram[];

  /**
   * Attaches all probes. One that the kernel refuses is reported and left out.
   * @param check when it throws, what is attached by then stays attached until {@link detach}
   * @returns the probes that are attached
   */
  abstract attach(refused: Refused, check: Check): readonly Probe[];

  protected keep(link: Link): void {
    this.#links.push(link);
  }

  /** See `ProgramInstance.readerSleeps`. */
  set readerSleeps(sleeps: boolean) {
    for (const instance of this.instances) instance.readerSleeps = sleeps;
  }

  protected get linkCount(): number {
    return this.#links.length;
  }

  /** Hits that the kernel says it could not show to the programs. */
  get missed(): number {
    return this.#links.reduce((sum, link) => sum + (link.missed?.() ?? 0), this.#missed);
  }

  detach(): void {
    this.#missed = this.missed;
    for (const link of this.#links.splice(0)) link.close();
  }

  close(): void {
    this.detach();
    for (const instance of this.instances) instance.close();
  }
}
