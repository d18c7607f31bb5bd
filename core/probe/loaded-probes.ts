/** What a kind of probe must offer once its programs are loaded. */
import type { TraceError } from "../base/errors.ts";
import type { Link } from "../libbpf/link.ts";
import type { Probe } from "./probe.ts";
import type { ProgramInstance } from "./program-instance.ts";

/** Called for a probe that the kernel refused. */
export type Refused = (probe: Probe, error: TraceError) => void;

/** Owns instances and links of one kind of probe. */
export abstract class LoadedProbes {
  readonly #links: Link[] = [];

  constructor(readonly instances: readonly ProgramInstance[]) {}

  /** File descriptors of the programs, for statistics. */
  abstract get programFds(): readonly number[];

  /**
   * Attaches all probes. One that the kernel refuses is reported and left out.
   * @returns the probes that are attached
   */
  abstract attach(refused: Refused): readonly Probe[];

  protected keep(link: Link): void {
    this.#links.push(link);
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
