import { findSymbols, type SymbolLayout } from "../libbpf/symbol-iterator.ts";
import type { Btf } from "./btf.ts";
import type { KernelSymbols } from "./symbols.ts";

/** More passes over all symbols in the kernel take as long as reading kallsyms and indexing it. */
const mostPasses = 3;

export interface AddressSources {
  readonly vmlinux: Btf;
  /** Kallsyms; reads it. */
  readonly symbols: KernelSymbols;
  /** Whether it was read before. */
  readonly symbolsRead: boolean;
  readonly addressesHidden: boolean;
}

/**
 * Addresses of symbols by name. Reading kallsyms takes the kernel longer than attaching to a thousand functions, so those of a few
 * names are looked up in the kernel, all of them in one pass.
 */
export class SymbolAddresses {
  readonly #known = new Map<string, readonly bigint[]>();
  readonly #expected = new Set<string>();
  #passes = 0;

  /** @param running whether the sources describe the running kernel, which may be searched then */
  constructor(
    private readonly sources: AddressSources,
    private readonly running: boolean,
    private readonly find: typeof findSymbols = findSymbols,
  ) {}

  /** Says which names will be requested: they are looked up together with the first one. */
  expect(names: Iterable<string>): void {
    for (const name of names) if (!this.#known.has(name)) this.#expected.add(name);
  }

  /** Says that all symbols are read in any case: no others are looked up. */
  expectAll(): void {
    this.#passes = mostPasses;
  }

  /** Addresses of all symbols with this name, in the order of kallsyms: static functions may share one. */
  of(name: string): readonly bigint[] {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (this.running && !this.sources.symbolsRead && !this.sources.addressesHidden) this.#look(name);
    return this.#known.get(name) ?? this.sources.symbols.addressesOf(name);
  }

  /** Looks up all that are expected, if the kernel can search its symbols. */
  #look(name: string): void {
    if (this.#passes++ >= mostPasses) return;
    const layout = symbolLayout(this.sources.vmlinux);
    if (layout === undefined) return;
    const found = this.find([...this.#expected.add(name)], layout);
    for (const [one, addresses] of found ?? []) this.#known.set(one, addresses);
    this.#expected.clear();
  }
}

/** Undefined where the kernel has no such iterator. */
function symbolLayout(vmlinux: Btf): SymbolLayout | undefined {
  const [targetId, struct] = [vmlinux.findByName("bpf_iter_ksym", "func"), vmlinux.findByName("kallsym_iter", "struct")];
  if (targetId === undefined || struct === undefined) return undefined;
  const members = new Map(vmlinux.members(struct).map(({ name, bitOffset }) => [name, bitOffset / 8]));
  const [value, name] = [members.get("value"), members.get("name")];
  return value === undefined || name === undefined ? undefined : { targetId, value, name };
}
