/** Pairs that are remembered. */
const limit = 4096;

/** Texts made of two others. Recurring ones are made once, which makes counting by them several times as fast. */
export class JoinedNames {
  readonly #separator: string;
  readonly #known = new Map<string, Map<string, string>>();
  #count = 0;

  constructor(separator: string) {
    this.#separator = separator;
  }

  join(first: string, second: string): string {
    return this.#known.get(second)?.get(first) ?? this.#add(first, second);
  }

  #add(first: string, second: string): string {
    const name = first + this.#separator + second;
    if (this.#count++ >= limit) return name;
    const others = this.#known.get(second);
    if (others === undefined) this.#known.set(second, new Map([[first, name]]));
    else others.set(first, name);
    return name;
  }
}
