/** A BPF object: opened from memory, adjusted, loaded, closed. */
import { type Pointer, ptr, toArrayBuffer } from "bun:ffi";
import { objectNotLoaded, objectNotOpened } from "../base/errors.ts";
import { BpfMap } from "./bpf-map.ts";
import { addressOf, cString, errnoName, lastErrno } from "./libc.ts";
import { takeRecentMessages } from "./message-log.ts";
import { libbpf } from "./symbols.ts";

/** Offset of `object_name` in struct bpf_object_open_opts (bpf/libbpf.h): size_t sz, then the name. */
const openOptsNameOffset = 8;
const openOptsBytes = 16;

/** Owns the object: `close` unloads its programs and maps unless links or other objects hold them. */
export class BpfObject {
  readonly #object: Pointer;
  readonly #maps = new Map<string, BpfMap>();
  /** The ELF until the object is loaded: libbpf reads its bytes, which are to stay where they are. */
  readonly #keptAlive = new Set<Uint8Array>();

  /**
   * @param name at most 15 characters are shown by the kernel
   * @throws TraceError when libbpf does not accept the ELF
   */
  constructor(
    elf: Uint8Array,
    readonly name: string,
  ) {
    const nameBytes = cString(name);
    const opts = new DataView(new ArrayBuffer(openOptsBytes));
    opts.setBigUint64(0, BigInt(openOptsBytes), true);
    opts.setBigUint64(openOptsNameOffset, BigInt(addressOf(nameBytes)), true);
    const object = libbpf().bpf_object__open_mem(addressOf(elf), BigInt(elf.length), addressOf(opts));
    if (!object) throw objectNotOpened(name, errnoName(lastErrno()), takeRecentMessages());
    this.#object = object as Pointer;
    this.#keptAlive.add(elf);
  }

  /** The map of this name; undefined when the object has none. */
  map(name: string): BpfMap | undefined {
    const known = this.#maps.get(name) ?? BpfMap.find(this.#object, name);
    if (known) this.#maps.set(name, known);
    return known;
  }

  /** Every map of the object, global data included. */
  maps(): readonly BpfMap[] {
    const maps: BpfMap[] = [];
    for (let at: Pointer | null = null; ; ) {
      at = libbpf().bpf_object__next_map(this.#object, at) as Pointer | null;
      if (!at) return maps;
      maps.push(BpfMap.at(at));
    }
  }

  /** Raw BTF of the object (a copy). */
  btf(): Uint8Array {
    const btf = libbpf().bpf_object__btf(this.#object);
    if (!btf) throw objectNotOpened(this.name, "it has no BTF", takeRecentMessages());
    const size = new Uint32Array(1);
    const data = libbpf().btf__raw_data(btf, ptr(size));
    if (!data) throw objectNotOpened(this.name, errnoName(lastErrno()), takeRecentMessages());
    const copy = new Uint8Array(toArrayBuffer(data, 0, size[0] ?? 0)).slice();
    // Of an object that calls kernel functions libbpf keeps what it gave, and would load that without its later changes,
    // such as which functions are static. A change through its interface, were it an empty string, makes it forget.
    libbpf().btf__add_str(btf, cString(""));
    return copy;
  }

  /** @throws TraceError with the verifier's last lines when the kernel refuses a program */
  load(): void {
    const status = libbpf().bpf_object__load(this.#object);
    if (status < 0) throw objectNotLoaded(this.name, errnoName(status), takeRecentMessages());
    this.#keptAlive.clear();
  }

  /** Leaves a program out of the load; only before it. */
  skipProgram(name: string): void {
    libbpf().bpf_program__set_autoload(this.#program(name), false);
  }

  /** Sets how a program is going to be attached (`enum bpf_attach_type`); only before load. */
  setAttachType(name: string, type: number): void {
    libbpf().bpf_program__set_expected_attach_type(this.#program(name), type);
  }

  /** File descriptor of a loaded program. */
  programFd(name: string): number {
    return libbpf().bpf_program__fd(this.#program(name));
  }

  #program(name: string): Pointer {
    const program = libbpf().bpf_object__find_program_by_name(this.#object, cString(name));
    if (!program) throw objectNotOpened(this.name, `it has no program ${name}`, []);
    return program as Pointer;
  }

  close(): void {
    libbpf().bpf_object__close(this.#object);
  }
}
