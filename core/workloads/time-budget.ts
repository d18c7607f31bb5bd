/** Keeps work that events cause to a share of the time. */

/** Work in a window. */
const windowNs = 1_000_000_000n;

/** So many nanoseconds of work in each second; an item that began is finished. */
export class TimeBudget {
  readonly #now: () => bigint;
  readonly #perWindow: bigint;
  #windowEnds = 0n;
  #spent = 0n;

  constructor(now: () => bigint, nsPerSecond: bigint) {
    this.#now = now;
    this.#perWindow = nsPerSecond;
  }

  /** What `work` returns; undefined, without calling it, when the budget is used up. */
  spend<T>(work: (now: bigint) => T): T | undefined {
    const startedAt = this.#now();
    if (startedAt >= this.#windowEnds) {
      this.#windowEnds = startedAt + windowNs;
      this.#spent = 0n;
    }
    if (this.#spent >= this.#perWindow) return undefined;
    const result = work(startedAt);
    this.#spent += this.#now() - startedAt;
    return result;
  }
}
