/** What the threads share: which ranges are taken, and the results of those that are not joined yet. */
import type { RangeText } from "./range-text.ts";

/** Results that can wait to be joined. */
const slotCount = 4;
/**
 * Most bytes of a result: twice those of a range, whose text is shorter as a rule. The engine counts this memory in each thread, and
 * lets garbage grow with it: 100 MiB of slots made the process take 800 MiB.
 */
const slotSize = 1024 * 1024;
const slotWords = 8;
const controlSize = 4096;

/** Words of the control block. */
const taken = 0;
const joined = 1;
const stopped = 2;
const firstSlot = 8;

/** Words of a slot: what is in it, and the facts of a result. */
const state = 0;
const length = 1;
const empty = 0;
const whole = 1;
const unusual = 2;

/** Work on ranges in order, by several threads. */
export class SharedWork {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #ranges: number;

  /** @param buffer of another thread; made when absent */
  constructor(ranges: number, buffer = new SharedArrayBuffer(controlSize * 2 + slotCount * slotSize)) {
    this.#ranges = ranges;
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, controlSize / 4);
    this.#numbers = new Float64Array(buffer, controlSize, controlSize / 8);
  }

  /** Takes the next range, if it is not too far ahead of those that were joined. */
  take(): number | undefined {
    for (;;) {
      const range = Atomics.load(this.#words, taken);
      if (range >= Math.min(this.#ranges, Atomics.load(this.#words, joined) + slotCount)) return undefined;
      if (Atomics.compareExchange(this.#words, taken, range, range + 1) === range) return range;
    }
  }

  /** Takes the next range, as soon as that is possible; undefined when there will be no more. */
  waitToTake(): number | undefined {
    for (;;) {
      const seen = Atomics.load(this.#words, joined);
      if (this.isStopped || Atomics.load(this.#words, taken) >= this.#ranges) return undefined;
      const range = this.take();
      if (range !== undefined) return range;
      Atomics.wait(this.#words, joined, seen);
    }
  }

  get isStopped(): boolean {
    return Atomics.load(this.#words, stopped) !== 0;
  }

  /** No thread takes a further range. */
  stop(): void {
    Atomics.store(this.#words, stopped, 1);
    Atomics.add(this.#words, joined, 1);
    Atomics.notify(this.#words, joined);
  }

  /** Hands over what became of a range, whose text is in {@link bytes}; undefined when it has to be read in order. */
  put(range: number, result: RangeText | undefined): void {
    const slot = this.#slot(range);
    if (result !== undefined) {
      this.#numbers.set([result.start, result.end], slot);
      this.#words[slot + length] = result.length;
    }
    Atomics.store(this.#words, slot + state, result === undefined ? unusual : whole);
    Atomics.notify(this.#words, slot + state);
  }

  /** Whether what a range has become can be had without waiting. */
  has(range: number): boolean {
    return Atomics.load(this.#words, this.#slot(range) + state) !== empty;
  }

  /** Waits for what became of a range that was taken; undefined where it has to be read in order. */
  get(range: number): RangeText | undefined {
    const slot = this.#slot(range);
    while (Atomics.load(this.#words, slot + state) === empty) Atomics.wait(this.#words, slot + state, empty);
    if (Atomics.load(this.#words, slot + state) === unusual) return undefined;
    const [start = 0, end = 0] = this.#numbers.subarray(slot, slot + 2);
    return { start, end, length: this.#words[slot + length]! };
  }

  /** The next range to be joined is the one after this. */
  join(range: number): void {
    Atomics.store(this.#words, this.#slot(range) + state, empty);
    Atomics.store(this.#words, joined, range + 1);
    Atomics.notify(this.#words, joined);
  }

  #slot(range: number): number {
    return firstSlot + (range % slotCount) * slotWords;
  }

  /** Where the text of a range is until it is joined. */
  bytes(range: number): Uint8Array {
    return new Uint8Array(this.buffer, controlSize * 2 + (range % slotCount) * slotSize, slotSize);
  }
}
