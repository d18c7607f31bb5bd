import { compileFunction } from "../base/generated-code.ts";

/** Writes an object whose keys are the expected ones; undefined for others. */
type ObjectWriter = (object: object) => string | undefined;

/** Writes any value; the writer is that of the path where it is found. */
type WriteValue = (value: unknown, path: PathWriter | undefined) => string;

/** Bounds of what is learned, so that events with invented keys cannot fill the memory. */
const maxWritersHere = 8;
const maxWriters = 512;
const maxKeys = 32;
const maxPaths = 4096;

let writers = 0;
let paths = 0;

/**
 * Writes the objects at one path of events, e.g. `common/task`. Objects at one path have one of a few sets of keys; for each
 * a writer is compiled, which is about twice as fast as looking up keys of an object that can be anything.
 */
export class PathWriter {
  readonly #writeValue: WriteValue;
  readonly #writers: ObjectWriter[] = [];
  readonly #inner = new Map<string, PathWriter>();

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

  /** The writer of a property of the objects at this path; undefined when no more are learned. */
  inner(key: string): PathWriter | undefined {
    const known = this.#inner.get(key);
    if (known !== undefined || paths === maxPaths) return known;
    paths++;
    const path = new PathWriter(this.#writeValue);
    this.#inner.set(key, path);
    return path;
  }
}

function compileWriter(keys: readonly string[], writeValue: WriteValue, inner: readonly (PathWriter | undefined)[]): ObjectWriter {
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
  const source = `return function writeObject(object) {${body}};`;
  return compileFunction<(...values: readonly unknown[]) => ObjectWriter>("json-writer", ["write", "inner"], source)(writeValue, inner);
}
