import type { U64 } from "../api/event.ts";
import { joinNanoseconds } from "../base/time.ts";
import { isSameStart } from "../file/clock-offsets.ts";
import type { FileHeader } from "../file/header.ts";

/** What of a header identifies its recording. */
export type RecordingFacts = Pick<FileHeader, "startup" | "host">;

/** A recording whose events are read. */
export interface Recording {
  /** Number of its clock; recordings of one machine since it was started share it, and the ids of packets with it. */
  readonly clock: number;
  /** Nanoseconds to add to its times to get those of the common clock. */
  readonly shift: bigint;
}

/**
 * The recordings among the inputs, and their clocks. CLOCK_MONOTONIC counts from the start of a machine, so times of
 * different machines, or of one before and after a restart, are compared by way of UTC.
 */
export class Recordings {
  readonly #offset: bigint;
  readonly #clocks: { readonly machine: string; readonly offset: bigint }[] = [];
  readonly #known = new Map<string, Recording>();

  /** @param reference whose clock is the common one; it should have the smallest offset, as times cannot be negative */
  constructor(reference: RecordingFacts) {
    this.#offset = offsetOf(reference);
    this.begin(reference);
  }

  /** The recording that a file, or a part of one, belongs to; and whether it was not met before. */
  begin(facts: RecordingFacts): { readonly recording: Recording; readonly isNew: boolean } {
    const { startup } = facts;
    const offset = offsetOf(facts);
    // Startup events within a file do not name the host; the offset alone distinguishes recordings well enough.
    const key = [offset, startup.cmdline, startup.machine.kernel_release].join("\n");
    const known = this.#known.get(key);
    if (known !== undefined) return { recording: known, isNew: false };
    const clock = this.#clockOf(machineOf(facts), offset);
    const recording = { clock, shift: clock === 0 ? 0n : this.#clocks[clock]!.offset - this.#offset };
    this.#known.set(key, recording);
    return { recording, isNew: true };
  }

  /** The recording from a change of its wall clock on; that of the common clock stays as it is, as the header has its changes. */
  change(recording: Recording, offset: bigint): Recording {
    return recording.clock === 0 ? recording : { ...recording, shift: offset - this.#offset };
  }

  /** Whether events of more than one clock were met. */
  get severalClocks(): boolean {
    return this.#clocks.length > 1;
  }

  #clockOf(machine: string, offset: bigint): number {
    const near = this.#clocks.findIndex((clock) => clock.machine === machine && isSameStart(clock.offset, offset));
    return near >= 0 ? near : this.#clocks.push({ machine, offset }) - 1;
  }
}

/** The time `shift` nanoseconds later; 0 for what would lie before the common clock began. */
export function shiftTime(time: U64, shift: bigint): bigint {
  const shifted = BigInt(time) + shift;
  return shifted < 0n ? 0n : BigInt.asUintN(64, shifted);
}

/** Of several headers, the one whose machine was started first. */
export function earliestStart<T extends RecordingFacts>(headers: readonly [T, ...T[]]): T {
  return headers.reduce((first, header) => (isBefore(header, first) ? header : first));
}

function machineOf({ host, startup: { machine } }: RecordingFacts): string {
  return [host ?? "", machine.kernel_release, machine.kernel_version, machine.hardware_name].join("\n");
}

function offsetOf({ startup }: RecordingFacts): bigint {
  return joinNanoseconds(startup.clock_monotonic_offset);
}

function isBefore(a: RecordingFacts, b: RecordingFacts): boolean {
  return offsetOf(a) < offsetOf(b) && !isSameStart(offsetOf(a), offsetOf(b));
}
