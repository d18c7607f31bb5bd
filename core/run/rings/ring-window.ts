/**
 * The records of one ring that were seen and not taken yet, in order of time. A program takes the time before it sends, and
 * another CPU of the group, or an interrupt, may send in between: records are nearly in order, so they are sorted by insertion.
 */
import type { RingBuffer } from "../../libbpf/ring-buffer.ts";

/** Records that there is room for at first. */
const firstRoom = 1024;

/** What a window needs of a ring. */
export type ScannedRing = Pick<RingBuffer, "index" | "memory" | "size" | "position" | "fill" | "scan" | "release">;

export class RingWindow {
  readonly ring: ScannedRing;
  readonly #words: Uint32Array;
  readonly #timeOffset: number;
  readonly #originHigh: number;
  readonly #originLow: number;
  #times = new Float64Array(firstRoom);
  #starts = new Float64Array(firstRoom);
  #offsets = new Uint32Array(firstRoom);
  #lengths = new Uint32Array(firstRoom);
  /** Records that wait are those from `#first` on, before `#count`. */
  #first = 0;
  #count = 0;
  /** Position in the ring up to which records were seen. */
  #seen: number;
  #complete = true;

  /**
   * @param timeOffset byte of a record at which its time is, u64, a multiple of 4
   * @param origin nanoseconds at which times count from zero, so that they are exact numbers
   */
  constructor(ring: ScannedRing, timeOffset: number, origin: bigint) {
    this.ring = ring;
    this.#words = new Uint32Array(ring.memory, 0, ring.memory.byteLength >>> 2);
    this.#timeOffset = timeOffset;
    this.#originHigh = Number(origin >> 32n);
    this.#originLow = Number(origin & 0xffffffffn);
    this.#seen = ring.position;
  }

  /** Records that wait. */
  get waiting(): number {
    return this.#count - this.#first;
  }

  /** Whether all complete records of the ring were seen by the last {@link look}. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Time of the oldest record that waits, nanoseconds since the origin; infinite when none does. */
  get oldest(): number {
    return this.#first < this.#count ? this.#times[this.#first]! : Number.POSITIVE_INFINITY;
  }

  /** Time of the newest record that waits; minus infinity when none does. */
  get newest(): number {
    return this.#first < this.#count ? this.#times[this.#count - 1]! : Number.NEGATIVE_INFINITY;
  }

  /** Looks for records that arrived, as far as `maxBytes` after the oldest that was not released. */
  look(maxBytes: number): void {
    this.#makeRoom();
    const to = this.ring.position + maxBytes;
    this.#seen = this.ring.scan(this.#seen, to, this.#add);
    this.#complete = this.#seen < to;
  }

  /** Byte offset in the ring's memory, and length, of the oldest record that waits. */
  get offset(): number {
    return this.#offsets[this.#first]!;
  }

  get length(): number {
    return this.#lengths[this.#first]!;
  }

  /** Goes on to the next record. */
  take(): void {
    this.#first++;
  }

  /** Releases the space of everything before the first record in the ring that still waits. */
  release(): void {
    let position = this.#seen;
    for (let at = this.#first; at < this.#count; at++) {
      if (this.#starts[at]! < position) position = this.#starts[at]!;
    }
    this.ring.release(position);
  }

  readonly #add = (at: number, length: number, start: number): void => {
    if (this.#count === this.#times.length) this.#grow();
    const word = (at + this.#timeOffset) >>> 2;
    const time = (this.#words[word + 1]! - this.#originHigh) * 2 ** 32 + (this.#words[word]! - this.#originLow);
    let place = this.#count++;
    for (; place > this.#first && this.#times[place - 1]! > time; place--) {
      this.#times[place] = this.#times[place - 1]!;
      this.#starts[place] = this.#starts[place - 1]!;
      this.#offsets[place] = this.#offsets[place - 1]!;
      this.#lengths[place] = this.#lengths[place - 1]!;
    }
    this.#times[place] = time;
    this.#starts[place] = start;
    this.#offsets[place] = at;
    this.#lengths[place] = length;
  };

  /** Moves what waits to the front. */
  #makeRoom(): void {
    if (this.#first === 0) return;
    for (const array of [this.#times, this.#starts, this.#offsets, this.#lengths]) array.copyWithin(0, this.#first, this.#count);
    this.#count -= this.#first;
    this.#first = 0;
  }

  #grow(): void {
    const grown = <T extends Float64Array | Uint32Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    const room = 2 * this.#times.length;
    this.#times = grown(new Float64Array(room), this.#times);
    this.#starts = grown(new Float64Array(room), this.#starts);
    this.#offsets = grown(new Uint32Array(room), this.#offsets);
    this.#lengths = grown(new Uint32Array(room), this.#lengths);
  }
}
