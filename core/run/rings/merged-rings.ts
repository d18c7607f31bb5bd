/**
 * Several rings read in order of time. A record is in its ring some time after its program took the time, so that of another
 * ring an earlier one may still be on its way: records are held back until they are so old that this is over. Records that
 * take longer than that, as the program was interrupted or the CPU of a guest did not run, come late.
 */
import type { RecordVisitor } from "../../libbpf/ring-buffer.ts";
import type { RecordSource } from "./record-source.ts";
import { RingWindow, type ScannedRing } from "./ring-window.ts";

const nanosecondsPerMs = 1e6;
/** How long records are held back, at most. */
const longestHoldMs = 5;
/** No longer than a ring takes to fill by half at this rate, of which one reader takes a part only. */
const fillBytesPerMs = 800_000;
/** When more of a ring is in use, its records are taken whatever is on its way elsewhere. */
const crowdedFill = 1 / 2;
/** Bytes of a ring that are looked at beyond what was taken: what is noted of the records takes memory too. */
const lookBytes = 4 * 1024 * 1024;
/** A pass takes this part of all rings, then the kernel gets the space back. */
const partOfRings = 8;

/** A ring that is owned, with its descriptor. */
export type OwnedRing = ScannedRing & { readonly fd: number; close(): void };

export interface MergedRingsOptions {
  /** Byte of a record at which its time is: u64, nanoseconds. */
  readonly timeOffset: number;
  /** The clock that programs read, nanoseconds. */
  readonly now: () => bigint;
}

export class MergedRings implements RecordSource {
  readonly fds: readonly number[];
  readonly memories: readonly ArrayBuffer[];
  readonly #rings: readonly OwnedRing[];
  readonly #windows: readonly RingWindow[];
  readonly #now: () => bigint;
  readonly #origin: bigint;
  readonly #holdMs: number;
  readonly #passBytes: number;
  readonly size: number;
  /** Time before which another pass would find little, as the last one took all that was due; nanoseconds since the origin. */
  #nextPass = 0;
  #heldMs = 0;

  /** @param rings owned from now on; ring n has index n */
  constructor(rings: readonly OwnedRing[], { timeOffset, now }: MergedRingsOptions) {
    this.fds = rings.map(({ fd }) => fd);
    this.memories = rings.map(({ memory }) => memory);
    this.#rings = rings;
    this.#now = now;
    this.#origin = now();
    this.#windows = rings.map((ring) => new RingWindow(ring, timeOffset, this.#origin));
    this.size = Math.min(...rings.map(({ size }) => size));
    this.#holdMs = Math.min(longestHoldMs, this.size / 2 / fillBytesPerMs);
    this.#passBytes = rings.reduce((sum, { size }) => sum + size, 0) / partOfRings;
  }

  get heldMs(): number {
    return this.#heldMs;
  }

  get fill(): number {
    return this.#rings.reduce((most, { fill }) => Math.max(most, fill), 0);
  }

  drain(visit: RecordVisitor, maxBytes: number): number {
    const now = Number(this.#now() - this.#origin);
    if (now < this.#nextPass) return 0;
    const hold = this.#holdMs * nanosecondsPerMs;
    const due = this.fill > crowdedFill ? now : now - hold;
    const { records, all } = this.#pass(visit, due, maxBytes);
    const held = all && this.#windows.some(({ waiting }) => waiting > 0);
    this.#heldMs = held ? this.#holdMs : 0;
    this.#nextPass = held ? now + hold : 0;
    return records;
  }

  drainAll(visit: RecordVisitor): number {
    this.#heldMs = 0;
    this.#nextPass = 0;
    return this.#pass(visit, Number.MAX_VALUE, Number.POSITIVE_INFINITY).records;
  }

  close(): void {
    for (const ring of this.#rings) ring.close();
  }

  /** Visits records up to a time; `all` says whether there was room for all of them. */
  #pass(visit: RecordVisitor, due: number, maxBytes: number): { readonly records: number; readonly all: boolean } {
    for (const window of this.#windows) window.look(lookBytes);
    const until = this.#windows.reduce((time, window) => Math.min(time, this.#certain(window)), due);
    const limit = Math.min(maxBytes, this.#passBytes);
    let [records, bytes] = [0, 0];
    for (let next = this.#oldest(until); next !== undefined && bytes < limit; next = this.#oldest(until)) {
      const others = this.#oldestOfOthers(next);
      const { index } = next.ring;
      do {
        const { offset, length } = next;
        next.take();
        visit(offset, length, index);
        records++;
        bytes += length;
      } while (next.oldest <= until && next.oldest <= others && bytes < limit);
    }
    for (const window of this.#windows) window.release();
    return { records, all: bytes < limit && until === due };
  }

  /** Time up to which a window has all records of its ring: when not all were looked at, those after may be a little earlier. */
  #certain(window: RingWindow): number {
    if (window.complete || window.waiting === 0) return Number.POSITIVE_INFINITY;
    const { oldest, newest } = window;
    return newest - Math.min(this.#holdMs * nanosecondsPerMs, (newest - oldest) / 2);
  }

  /** The window whose oldest record is the first of all up to a time. */
  #oldest(until: number): RingWindow | undefined {
    let first: RingWindow | undefined;
    let time = until;
    for (const window of this.#windows) {
      const { oldest } = window;
      if (oldest > until || (first !== undefined && oldest >= time)) continue;
      first = window;
      time = oldest;
    }
    return first;
  }

  #oldestOfOthers(one: RingWindow): number {
    let time = Number.POSITIVE_INFINITY;
    for (const window of this.#windows) if (window !== one && window.oldest < time) time = window.oldest;
    return time;
  }
}
