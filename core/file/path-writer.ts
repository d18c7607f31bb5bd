/** Writes an object whose keys are the expected ones; undefined for others. */
type ObjectWriter = (object: object) => string | undefined;

/** Writes any value; the place is where objects in it are learned. */
type WriteValue = (value: unknown, place: JsonPlace | undefined) => string;

/** Bounds of what is learned, so that events with invented keys cannot fill the memory. */
const maxWritersHere = 8;
const maxWriters = 512;
const maxKeys = 32;
const maxPlaces = 4096;

let writers = 0;
let places = 0;

/**
 * A place in events where objects stand, e.g. `common/task`. Objects at one place have one of a few sets of keys; for each
 * a writer is compiled, which is about twice as fast as asking an object for keys that can be anything.
 */
export class JsonPlace {
  readonly #writeValue: WriteValue;
  readonly #writers: ObjectWriter[] = [];
  readonly #inner = new Map<string, JsonPlace>();

  constructor(writeValue: WriteValue) {
    this.#writeValue = writeValue;
  }

  /** Compact JSON; undefined for an object that is to be written in the ordinary way. */
  write(object: object): string | undefined {
    for (let i = 0; i < this.#writers.length; i++) {
      const text = this.#writers[i]!(object);
      if (text !== undefined) return text;
    }
    return this.#learn(object)?.(object);
  }

  #learn(object: object): ObjectWriter | undefined {
    const keys = Object.keys(object);
    const isTooMuch = this.#writers.length === maxWritersHere || writers === maxWriters || keys.length > maxKeys;
    // Members that are undefined are left out of the text, which a writer cannot do.
    if (isTooMuch || Object.values(object).includes(undefined)) return undefined;
    writers++;
    const writer = compileWriter(
      keys,
      this.#writeValue,
      keys.map((key) => this.inner(key)),
    );
    this.#writers.push(writer);
    return writer;
  }

  /** The place of a property of the objects here; undefined when no more are learned. */
  inner(key: string): JsonPlace | undefined {
    const known = this.#inner.get(key);
    if (known !== undefined || places === maxPlaces) return known;
    places++;
    const place = new JsonPlace(this.#writeValue);
    this.#inner.set(key, place);
    return place;
  }
}

function compileWriter(keys: readonly string[], writeValue: WriteValue, inner: readonly (JsonPlace | undefined)[]): ObjectWriter {
  const differs = keys.map((key, index) => ` || keys[${index}] !== ${JSON.stringify(key)}`).join("");
  const members = keys.map((key, index) => `const v${index} = object[${JSON.stringify(key)}];`).join(" ");
  const isUndefined = keys.map((_, index) => `v${index} === undefined`).join(" || ") || "false";
  const parts = keys.map((key, index) => {
    const before = JSON.stringify(`${index === 0 ? "{" : ","}${JSON.stringify(key)}:`);
    return `${before} + (typeof v${index} === "number" && v${index} === (v${index} | 0) ? v${index} : write(v${index}, inner[${index}]))`;
  });
  const body = `
    const keys = Object.keys(object);
    if (keys.length !== ${keys.length}${differs}) return undefined;
    ${members}
    if (${isUndefined}) return undefined;
    return ${[...parts, keys.length === 0 ? '"{}"' : '"}"'].join(" + ")};`;
  return new Function("write", "inner", `return function writeObject(object) {${body}}`)(writeValue, inner) as ObjectWriter;
}
