/** A BPF map of a loaded object. */
import { type Pointer, ptr, toArrayBuffer } from "bun:ffi";
import { mapCallFailed } from "../base/errors.ts";
import { addressOf, cString, errnoName } from "./libc.ts";
import { MappedMemory } from "./mapped-memory.ts";
import { libbpf } from "./symbols.ts";

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

  /** Reads into `value`; false when there is no such key. Per-CPU maps give one 8-byte aligned value per possible CPU. */
  lookup(key: Uint8Array, value: Uint8Array): boolean {
    const status = libbpf().bpf_map_lookup_elem(this.fd, addressOf(key), addressOf(value));
    if (status === 0) return true;
    if (errnoName(status) === "ENOENT") return false;
    this.#check("read", status);
    return false;
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
