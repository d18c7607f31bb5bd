/** Random numbers that are the same for the same seed (mulberry32, public domain). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** 0 … 2^32-1 */
  word(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** 0 … bound-1 */
  below(bound: number): number {
    return this.word() % bound;
  }

  chance(probability: number): boolean {
    return this.word() < probability * 0x1_0000_0000;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  /** An integer of so many bits; small ones, and those around the ends of the range, come often. */
  bits(count: number): bigint {
    const all = (1n << BigInt(count)) - 1n;
    const value = (BigInt(this.word()) << 32n) | BigInt(this.word());
    switch (this.below(5)) {
      case 0:
        return BigInt(this.below(3)) & all;
      case 1:
        return (all - BigInt(this.below(3))) & all;
      case 2:
        return ((1n << BigInt(this.below(count))) - BigInt(this.below(2))) & all;
      case 3:
        return value & all & ((1n << BigInt(1 + this.below(count))) - 1n);
      default:
        return value & all;
    }
  }
}
