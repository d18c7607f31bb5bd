/** A map of the hooks as their collector sees it from user space. */
import type { MapValue, RunMap } from "../api/run.ts";
import type { MapDefinition } from "../kernel/map-definition.ts";
import { readTyped, writeTyped } from "../kernel/typed-value.ts";
import { type BpfMap, possibleCpus } from "../libbpf/bpf-map.ts";

/** Entries read at once. */
const batchEntries = 512;

/** Reads and writes a loaded map by the types of its definition. */
export class TypedMap<K, V> implements RunMap<K, V> {
  readonly #map: BpfMap;
  readonly #definition: MapDefinition;
  readonly #key: Uint8Array;
  readonly #value: Uint8Array;
  /** Bytes from the value of one CPU to that of the next: include/linux/bpf.h, `round_up(value_size, 8)`. */
  readonly #stride: number;

  constructor(map: BpfMap, definition: MapDefinition) {
    this.#map = map;
    this.#definition = definition;
    this.#stride = definition.perCpu ? (definition.value.size + 7) & ~7 : definition.value.size;
    this.#key = new Uint8Array(definition.key.size);
    this.#value = new Uint8Array(this.#stride * (definition.perCpu ? possibleCpus() : 1));
  }

  get name(): string {
    return this.#map.name;
  }

  get maxEntries(): number {
    return this.#map.maxEntries;
  }

  get(key: K): V | undefined {
    return this.#map.lookup(this.#encodeKey(key), this.#value) ? this.#decodeValue(this.#value, 0) : undefined;
  }

  set(key: K, value: V): void {
    const bytes = this.#encodeKey(key);
    this.#encodeValue(value);
    this.#map.update(bytes, this.#value);
  }

  delete(key: K): boolean {
    return this.#map.delete(this.#encodeKey(key));
  }

  *entries(limit = Infinity): IterableIterator<readonly [K, V]> {
    const sizes = { key: this.#key.length, value: this.#value.length };
    let left = limit;
    for (const { keys, values, count } of this.#map.walk(sizes, Math.min(batchEntries, Math.max(1, this.maxEntries)))) {
      const view = viewOf(keys);
      for (let index = 0; index < count; index++) {
        if (left-- <= 0) return;
        yield [readTyped(this.#definition.key, view, index * sizes.key) as K, this.#decodeValue(values, index * sizes.value)];
      }
    }
  }

  #encodeKey(key: K): Uint8Array {
    this.#key.fill(0);
    writeTyped(this.#definition.key, viewOf(this.#key), 0, key as MapValue, `key of map ${this.name}`);
    return this.#key;
  }

  #encodeValue(value: V): void {
    const { value: type, perCpu } = this.#definition;
    const path = `value of map ${this.name}`;
    this.#value.fill(0);
    if (!perCpu) return writeTyped(type, viewOf(this.#value), 0, value as MapValue, path);
    const cpus = this.#value.length / this.#stride;
    if (!Array.isArray(value) || value.length !== cpus) throw new TypeError(`${path} is not a list of ${cpus}, one for each CPU`);
    for (const [cpu, one] of value.entries()) writeTyped(type, viewOf(this.#value), cpu * this.#stride, one, `${path}[${cpu}]`);
  }

  #decodeValue(bytes: Uint8Array, at: number): V {
    const { value: type, perCpu } = this.#definition;
    const view = viewOf(bytes);
    if (!perCpu) return readTyped(type, view, at) as V;
    return Array.from({ length: this.#value.length / this.#stride }, (_, cpu) => readTyped(type, view, at + cpu * this.#stride)) as V &
      MapValue[];
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
