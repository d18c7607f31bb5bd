/** A BPF map of a loaded object. */
import { type Pointer, ptr, toArrayBuffer } from "bun:ffi";
import { mapCallFailed } from "../base/errors.ts";
import { addressOf, cString, errnoName } from "./libc.ts";
import { MappedMemory } from "./mapped-memory.ts";
import { libbpf } from "./symbols.ts";

/** Room for where a walk over a map goes on; the kernel keeps a number there, or a key. */
const shortestCursor = 8;

/** A walk over a map. */
export interface MapWalk {
  /** Keys and values that were read last, one after the other. */
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
  readonly count: number;
}

/** Bytes of keys and values are in native order, as the kernel has them. */
export class BpfMap {
  readonly #map: Pointer;

  private constructor(
    map: Pointer,
    readonly name: string,
  ) {
    this.#map = map;
  }

  /** The map of this name in an opened object; undefined when it has none. */
  static find(object: Pointer, name: string): BpfMap | undefined {
    const map = libbpf().bpf_object__find_map_by_name(object, cString(name));
    return map ? new BpfMap(map as Pointer, name) : undefined;
  }

  /** The map of a `struct bpf_map *`. */
  static at(map: Pointer): BpfMap {
    return new BpfMap(map, String(libbpf().bpf_map__name(map)));
  }

  /** File descriptor; valid once the object is loaded. */
  get fd(): number {
    return libbpf().bpf_map__fd(this.#map);
  }

  /** Sets the number of entries (bytes for a ring buffer); only before load. */
  setMaxEntries(entries: number): void {
    this.#check("resize", libbpf().bpf_map__set_max_entries(this.#map, entries));
  }

  /** Makes the object use an existing map of the same kind; only before load. */
  share(other: BpfMap): void {
    this.#check("share", libbpf().bpf_map__reuse_fd(this.#map, other.fd));
  }

  update(key: Uint8Array, value: Uint8Array): void {
    this.#check("update", libbpf().bpf_map_update_elem(this.fd, addressOf(key), addressOf(value), 0n));
  }

  /** Sets so many entries with one call; their keys and values one after the other. */
  updateMany(keys: Uint8Array, values: Uint8Array, count: number): void {
    if (count === 0) return;
    const done = new Uint32Array([count]);
    this.#check("update", libbpf().bpf_map_update_batch(this.fd, addressOf(keys), addressOf(values), addressOf(done), null));
  }

  /** Reads into `value`; false when there is no such key. Per-CPU maps give one 8-byte aligned value per possible CPU. */
  lookup(key: Uint8Array, value: Uint8Array): boolean {
    const status = libbpf().bpf_map_lookup_elem(this.fd, addressOf(key), addressOf(value));
    if (status === 0) return true;
    if (errnoName(status) === "ENOENT") return false;
    this.#check("read", status);
    return false;
  }

  /** Entries that there is room for. */
  get maxEntries(): number {
    return libbpf().bpf_map__max_entries(this.#map);
  }

  /** Deletes a key; false when there is no such key. */
  delete(key: Uint8Array): boolean {
    const status = libbpf().bpf_map_delete_elem(this.fd, addressOf(key));
    if (status < 0 && errnoName(status) !== "ENOENT") this.#check("delete from", status);
    return status === 0;
  }

  /**
   * Walks over the entries in batches; what is given is overwritten by the next batch. One by one where the kernel has no
   * batches for this kind of map.
   * @param sizes bytes of a key and of a value, of a per-CPU map those of all CPUs
   * @param atOnce entries of a batch, at least 1; more if the kernel needs more room
   */
  *walk(sizes: { readonly key: number; readonly value: number }, atOnce: number): Generator<MapWalk> {
    let count = atOnce;
    const cursor = new Uint8Array(Math.max(shortestCursor, sizes.key));
    const counted = new Uint32Array(1);
    for (let first = true, ended = false; !ended; ) {
      const keys = new Uint8Array(count * sizes.key);
      const values = new Uint8Array(count * sizes.value);
      counted[0] = count;
      const [from, to] = [first ? null : addressOf(cursor), addressOf(cursor)];
      const status = libbpf().bpf_map_lookup_batch(this.fd, from, to, addressOf(keys), addressOf(values), addressOf(counted), null);
      const error = status < 0 ? errnoName(status) : undefined;
      if (error === "ENOSPC") {
        count *= 2;
        continue;
      }
      if (first && (error === "ENOTSUPP" || error === "EINVAL")) return yield* this.#walkSlowly(sizes);
      if (error !== undefined && error !== "ENOENT") this.#check("read", status);
      first = false;
      ended = error !== undefined;
      if (counted[0]! > 0) yield { keys, values, count: counted[0]! };
    }
  }

  /** A deleted key makes the kernel begin again, so what was deleted meanwhile is not followed for ever. */
  *#walkSlowly(sizes: { readonly key: number; readonly value: number }): Generator<MapWalk> {
    const values = new Uint8Array(sizes.value);
    let [last, keys] = [new Uint8Array(sizes.key), new Uint8Array(sizes.key)];
    for (let steps = 0, limit = 2 * this.maxEntries; steps < limit; steps++) {
      const status = libbpf().bpf_map_get_next_key(this.fd, steps === 0 ? null : addressOf(last), addressOf(keys));
      if (status < 0 && errnoName(status) === "ENOENT") return;
      this.#check("read", status);
      if (this.lookup(keys, values)) yield { keys, values, count: 1 };
      [last, keys] = [keys, last];
    }
  }

  /** Initial values of a global data map (`.rodata`, `.bss`); writing matters only before load. */
  initialMemory(): ArrayBuffer {
    const size = new BigUint64Array(1);
    const address = libbpf().bpf_map__initial_value(this.#map, ptr(size));
    if (!address) throw mapCallFailed("access", this.name, "it has no memory");
    return toArrayBuffer(address as Pointer, 0, Number(size[0]));
  }

  /** Memory of a loaded global data map that may be written, shared with the kernel. */
  liveMemory(): MappedMemory {
    return new MappedMemory(this.fd, this.initialMemory().byteLength, { writable: true });
  }

  #check(action: string, status: number): void {
    if (status < 0) throw mapCallFailed(action, this.name, errnoName(status));
  }
}

/** Number of CPUs that a per-CPU map has values for. */
export function possibleCpus(): number {
  return libbpf().libbpf_num_possible_cpus();
}
