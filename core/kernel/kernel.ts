import { closeSync, existsSync, openSync } from "node:fs";
import { release as runningRelease } from "node:os";
import { join } from "node:path";
import type { DropReason, KernelFacts } from "../api/host.ts";
import { kernelConfigUnreadable } from "../base/errors.ts";
import type { Btf, BtfEnumValue, BtfKind } from "./btf.ts";
import { hasIntegerMember, hasStruct } from "./declarations.ts";
import { DropReasons } from "./drop-reasons.ts";
import { enumNames, enumValues, enumWith } from "./enums.ts";
import { hasKprobeMulti } from "./features.ts";
import { type KernelConfig, kernelConfigPaths, readKernelConfig } from "./kconfig.ts";
import { type FoundType, KernelTypes, type TypeSource } from "./kernel-types.ts";
import { isModuleLoaded } from "./modules.ts";
import { expandFunctions, expandTracepoints, type FunctionTarget, type TracepointTarget } from "./probe-targets.ts";
import { functionParameters, type Prototype, tracepointParameters } from "./prototype.ts";
import { SymbolAddresses } from "./symbol-addresses.ts";
import { KernelSymbols } from "./symbols.ts";
import { TraceLists } from "./tracefs.ts";
import { type KernelVersion, parseRelease } from "./version.ts";

/** Where to look; everything has the running kernel's place as default. */
export interface KernelOptions {
  /** `--kconf`: the configuration file, instead of those that distributions install. */
  readonly kconf?: string;
  readonly release?: string;
  readonly procDir?: string;
  readonly sysDir?: string;
  /** Directory above `boot` and `lib/modules`. */
  readonly root?: string;
  readonly btfDir?: string;
  /** Where tracefs may be mounted, best first. */
  readonly tracefsDirs?: readonly string[];
}

/**
 * The running kernel: its types, symbols, tracepoints, configuration. Making one reads nothing; each source is read
 * once, by the first question that needs it.
 */
export class Kernel implements KernelFacts, TypeSource {
  readonly release: string;
  readonly types: KernelTypes;
  readonly traceLists: TraceLists;
  readonly dropReasons = new DropReasons(this);
  readonly #procDir: string;
  readonly #sysDir: string;
  readonly #root: string;
  readonly #kconf: string | undefined;
  readonly #symbolsPath: string;
  #symbols: KernelSymbols | undefined;
  #addressesHidden: boolean | undefined;
  /** Addresses by name, without reading all symbols where the kernel can search them. */
  readonly addresses: SymbolAddresses;
  #symbolsFile: number | undefined;
  #config: KernelConfig | undefined | null = null;
  readonly #enums = new Map<string, readonly BtfEnumValue[]>();

  constructor(options: KernelOptions = {}) {
    this.release = options.release ?? runningRelease();
    this.#procDir = options.procDir ?? "/proc";
    this.#symbolsPath = join(this.#procDir, "kallsyms");
    this.#sysDir = options.sysDir ?? "/sys";
    this.#root = options.root ?? "/";
    this.#kconf = options.kconf;
    this.types = new KernelTypes(options.btfDir ?? join(this.#sysDir, "kernel/btf"));
    this.traceLists = new TraceLists(
      options.tracefsDirs ?? [join(this.#sysDir, "kernel/tracing"), join(this.#sysDir, "kernel/debug/tracing")],
    );
    this.addresses = new SymbolAddresses(this, options.procDir === undefined);
  }

  /** The version in the release; undefined when it has none. */
  get version(): KernelVersion | undefined {
    return parseRelease(this.release);
  }

  /** BTF of the kernel without its modules. Throws a TraceError when there is none. */
  get vmlinux(): Btf {
    return this.types.vmlinux;
  }

  /** Whether the kernel is built with kprobes, one by one or many at once. */
  get hasKprobes(): boolean {
    return existsSync(join(this.#sysDir, "bus/event_source/devices/kprobe")) || hasKprobeMulti(this);
  }

  /** Whether the kernel hides the addresses of its symbols. Throws a TraceError when they cannot be read. */
  get addressesHidden(): boolean {
    return (this.#addressesHidden ??= this.symbolsRead ? this.symbols.addressesHidden : KernelSymbols.areHidden(this.#symbolsPath));
  }

  /** Whether {@link symbols} needs no reading any more. */
  get symbolsRead(): boolean {
    return this.#symbols !== undefined;
  }

  /** Symbols and their addresses. Throws a TraceError when they cannot be read; see `addressesHidden` too. */
  get symbols(): KernelSymbols {
    if (this.#symbols === undefined) {
      this.#symbols = KernelSymbols.read(this.#symbolsFile ?? this.#symbolsPath);
      if (this.#symbolsFile !== undefined) closeSync(this.#symbolsFile);
      this.#symbolsFile = undefined;
    }
    return this.#symbols;
  }

  /**
   * Makes {@link symbols} readable later, without privileges: what kallsyms shows depends on those with which it was opened.
   * What keeps it from being opened is an error of {@link symbols}.
   */
  openSymbols(): void {
    if (this.#symbols !== undefined || this.#symbolsFile !== undefined) return;
    try {
      this.#addressesHidden = this.addressesHidden;
      this.#symbolsFile = openSync(this.#symbolsPath, "r");
    } catch {
      // Reported when they are needed.
    }
  }

  /** Reads and indexes the symbols, for names of addresses; what keeps them from being read is an error of {@link symbols}. */
  prepareLocations(): void {
    try {
      if (!this.addressesHidden) this.symbols.nearest(0);
    } catch {
      // Reported when they are needed.
    }
  }

  findType(name: string, kind: BtfKind): FoundType | undefined {
    return this.types.findType(name, kind);
  }

  findCoreType(name: string, kind: BtfKind): FoundType | undefined {
    return this.types.findCoreType(name, kind);
  }

  enumValues(name: string): readonly BtfEnumValue[] | undefined {
    // A miss is not kept: the module that declares the enum may be loaded later.
    const values = this.#enums.get(name) ?? enumValues(this, name) ?? (isConstant(name) ? enumWith(this.vmlinux, name) : undefined);
    if (values !== undefined) this.#enums.set(name, values);
    return values;
  }

  /** Names of an enum by value, see {@link enumNames}; undefined when there is no such enum. */
  enumNames(name: string, prefixes: readonly string[] = []): ReadonlyMap<number | bigint, string> | undefined {
    const values = this.enumValues(name);
    return values === undefined ? undefined : enumNames(values, prefixes);
  }

  dropReason(value: number): DropReason {
    return this.dropReasons.describe(value);
  }

  hasStruct(name: string, member?: string): boolean {
    return hasStruct(this, name, member);
  }

  hasIntegerMember(struct: string, member: string, size: number): boolean {
    return hasIntegerMember(this, struct, member, size);
  }

  /** Prototype of `function` or `group:event`; undefined when the kernel has no such target. The group is not checked. */
  prototype(target: string): Prototype | undefined {
    const colon = target.indexOf(":");
    return colon < 0 ? functionParameters(this, target) : tracepointParameters(this, target.slice(colon + 1));
  }

  parameters(target: string): readonly string[] | undefined {
    return this.prototype(target)?.parameters.map(({ type }) => type);
  }

  /** See {@link expandFunctions}. */
  functions(pattern: string): readonly FunctionTarget[] {
    return expandFunctions(this, pattern);
  }

  /** See {@link expandTracepoints}. */
  tracepoints(pattern: string): readonly TracepointTarget[] {
    return expandTracepoints(this, pattern);
  }

  /**
   * The configuration; undefined when no usable one is installed. Throws a TraceError when the file given as `--kconf`
   * cannot be used.
   */
  get kernelConfig(): KernelConfig | undefined {
    if (this.#config === null) this.#config = this.#readConfig();
    return this.#config;
  }

  #readConfig(): KernelConfig | undefined {
    if (this.#kconf !== undefined) {
      try {
        return readKernelConfig(this.#kconf);
      } catch (error) {
        throw kernelConfigUnreadable(this.#kconf, error);
      }
    }
    for (const path of kernelConfigPaths(this.release, { procDir: this.#procDir, root: this.#root })) {
      try {
        return readKernelConfig(path);
      } catch {
        // Absent or damaged: the next place may have it.
      }
    }
    return undefined;
  }

  config(option: string): string | undefined {
    return this.kernelConfig?.get(option);
  }

  moduleLoaded(name: string): boolean | undefined {
    const moduleDir = join(this.#root, "lib/modules", this.release);
    return isModuleLoaded({ procDir: this.#procDir, sysDir: this.#sysDir, moduleDir }, name);
  }

  symbolAddress(name: string): bigint | undefined {
    try {
      return this.addresses.of(name)[0];
    } catch {
      // Without kallsyms nothing can be said.
      return undefined;
    }
  }
}

/** Whether a name is written as those of an enum's values are: looking for them takes longer. */
function isConstant(name: string): boolean {
  return /^[A-Z][A-Z0-9_]*$/.test(name);
}
