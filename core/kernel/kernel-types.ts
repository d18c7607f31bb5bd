import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { kernelTypesUnavailable } from "../base/errors.ts";
import { Btf, type BtfKind } from "./btf.ts";

/** A type and the BTF that holds it. */
export interface FoundType {
  readonly btf: Btf;
  readonly id: number;
  /** `vmlinux`, or the name of the module. */
  readonly source: string;
}

/** Where types are looked up by name; what the functions of this directory need. */
export interface TypeSource {
  /** A type by name: of vmlinux, else of the first module that has it. */
  findType(name: string, kind: BtfKind): FoundType | undefined;
  /** A type of vmlinux. For what is never in a module: when it is missing, no module has to be opened. */
  findCoreType(name: string, kind: BtfKind): FoundType | undefined;
}

/**
 * The BTF of the running kernel and its modules. vmlinux is opened at the first question, and a module only when a
 * name is not in vmlinux.
 */
export class KernelTypes implements TypeSource {
  #vmlinux: Btf | undefined;
  readonly #modules = new Map<string, Btf | Error>();

  /** @param directory `/sys/kernel/btf` */
  constructor(private readonly directory: string) {}

  /** BTF of the kernel itself. Throws a TraceError when the kernel has none. */
  get vmlinux(): Btf {
    this.#vmlinux ??= this.#open("vmlinux");
    return this.#vmlinux;
  }

  #open(name: string, base?: Btf): Btf {
    const path = join(this.directory, name);
    try {
      return Btf.parse(readFileSync(path), base);
    } catch (error) {
      throw kernelTypesUnavailable(path, error);
    }
  }

  /** The modules that have BTF at this moment, sorted. Read anew each time, as modules come and go. */
  moduleNames(): readonly string[] {
    try {
      return readdirSync(this.directory)
        .filter((name) => name !== "vmlinux")
        .sort();
    } catch {
      return [];
    }
  }

  /** BTF of a module; undefined when it has none, or none that can be read (see {@link problems}). */
  module(name: string): Btf | undefined {
    let btf = this.#modules.get(name);
    if (btf === undefined) {
      btf = this.#openModule(name);
      this.#modules.set(name, btf);
    }
    return btf instanceof Btf ? btf : undefined;
  }

  #openModule(name: string): Btf | Error {
    try {
      return this.#open(name, this.vmlinux);
    } catch (error) {
      return error as Error;
    }
  }

  /** Why modules could not be read: one unreadable module does not hide the others. */
  problems(): readonly Error[] {
    return [...this.#modules.values()].filter((entry) => entry instanceof Error);
  }

  findType(name: string, kind: BtfKind): FoundType | undefined {
    return this.findCoreType(name, kind) ?? this.#findInModules(name, kind);
  }

  findCoreType(name: string, kind: BtfKind): FoundType | undefined {
    const id = this.vmlinux.findByName(name, kind);
    return id === undefined ? undefined : { btf: this.vmlinux, id, source: "vmlinux" };
  }

  #findInModules(name: string, kind: BtfKind): FoundType | undefined {
    for (const source of this.moduleNames()) {
      const btf = this.module(source);
      const id = btf?.findOwn(name, kind);
      if (btf !== undefined && id !== undefined) return { btf, id, source };
    }
    return undefined;
  }

  /** Names of all types of one kind in vmlinux and all modules for which the test holds; may repeat. */
  *names(kind: BtfKind, test: (name: string) => boolean): Generator<string> {
    yield* this.vmlinux.ownNames(kind, test);
    for (const module of this.moduleNames()) {
      const btf = this.module(module);
      if (btf !== undefined) yield* btf.ownNames(kind, test);
    }
  }
}
