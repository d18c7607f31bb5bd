import { nearestName } from "../base/near-names.ts";

/** An error in a profile; the message continues "Cannot use profile file x: ". */
export class ProfileFault extends Error {}

/** A mapping of a YAML document, read key by key. Errors name the path, e.g. `collect[0].when`. */
export class Mapping {
  readonly #entries: Readonly<Record<string, unknown>>;
  readonly #known: string[] = [];

  /** @throws ProfileFault when the value is not a mapping */
  constructor(
    value: unknown,
    readonly place: string,
  ) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new ProfileFault(`${place || "it"} is not a mapping`);
    this.#entries = value as Readonly<Record<string, unknown>>;
  }

  has(key: string): boolean {
    this.#known.push(key);
    return Object.hasOwn(this.#entries, key);
  }

  /** The value as it is; undefined when the key is absent or null. */
  value(key: string): unknown {
    return this.has(key) ? (this.#entries[key] ?? undefined) : undefined;
  }

  optionalText(key: string): string | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === "string") return value;
    throw new ProfileFault(`${this.#at(key)} is not text`);
  }

  text(key: string): string {
    const text = this.optionalText(key);
    if (text === undefined || text === "") throw new ProfileFault(`${this.#at(key)} is missing`);
    return text;
  }

  optionalBoolean(key: string): boolean | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === "boolean") return value;
    throw new ProfileFault(`${this.#at(key)} is neither true nor false`);
  }

  /** The items of a list with their places; none when the key is absent or null. */
  list(key: string): readonly { readonly value: unknown; readonly place: string }[] {
    const value = this.value(key) ?? [];
    if (!Array.isArray(value)) throw new ProfileFault(`${this.#at(key)} is not a list`);
    return value.map((item, index) => ({ value: item, place: `${this.#at(key)}[${index}]` }));
  }

  /** A sentence for each unknown key, with the one that was probably meant. */
  unknownKeys(): readonly string[] {
    const unknown = Object.keys(this.#entries).filter((key) => !this.#known.includes(key));
    return unknown.map((key) => {
      const near = nearestName(key, this.#known);
      return `${this.#at(key)} is not a key of profiles and is ignored${near === undefined ? "" : `; did you mean "${near}"?`}`;
    });
  }

  #at(key: string): string {
    return this.place === "" ? key : `${this.place}.${key}`;
  }
}
