/** Events that are counted instead of shown, by what they have in common. */

/** Kinds that are counted apart; events of further kinds are counted by their cause alone. */
const maxKinds = 100;

/** Counts events by kind. Memory is bounded. */
export class KindCounts {
  readonly #counts = new Map<string, number>();
  #total = 0;

  /** Events since the last {@link take}. */
  get total(): number {
    return this.#total;
  }

  /**
   * @param cause reason of the drop, or the probe
   * @param details what else kinds differ by, as text that follows the cause
   */
  add(cause: string, details: string): void {
    const kind = cause + details;
    const key = this.#counts.size < maxKinds || this.#counts.has(kind) ? kind : cause;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    this.#total++;
  }

  /** A line for each kind, the most frequent first; begins anew. The counts add up to {@link total}. */
  take(): readonly string[] {
    const ranking = [...this.#counts].sort(([, one], [, other]) => other - one);
    this.#counts.clear();
    this.#total = 0;
    return ranking.map(([kind, times]) => `${times} x ${kind}`);
  }
}
