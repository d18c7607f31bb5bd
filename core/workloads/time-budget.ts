/** Keeps work that events cause to a share of the time. */

/** Work in a window. */
const windowNs = 1_000_000_000n;

/** Nanoseconds of two clocks. */
export interface Clocks {
  readonly now: () => bigint;
  /** Time that this thread worked: on a busy machine others work in between. */
  readonly worked: () => bigint;
}

/** So many nanoseconds of work in each second; an item that began is finished. */
export class TimeBudget {
  readonly #clocks: Clocks;
  readonly #perWindow: bigint;
  #windowEnds = 0n;
  #spent = 0n;

  constructor(clocks: Clocks, nsPerSecond: bigint) {
    this.#clocks = clocks;
    this.#perWindow = nsPerSecond;
  }

  /** What `work` returns; undefined, without calling it, when the budget is used up. */
  spend<T>(work: (now: bigint) => T): T | undefined {
    const startedAt = this.#clocks.now();
    if (startedAt >= this.#windowEnds) {
      this.#windowEnds = startedAt + windowNs;
      this.#spent = 0n;
    }
    if (this.#spent >= this.#perWindow) return undefined;
    const workedBefore = this.#clocks.worked();
    const result = work(startedAt);
    this.#spent += this.#clocks.worked() - workedBefore;
    return result;
  }
}
