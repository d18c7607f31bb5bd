import { expect, test } from "bun:test";
import type { Host, KernelFacts } from "../../core/api/collector.ts";
import { checkNft, traceFunction } from "./check.ts";

interface Machine {
  readonly types?: boolean;
  readonly loaded?: boolean;
  readonly config?: Readonly<Record<string, string>>;
}

function hostWith({ types = false, loaded, config = {} }: Machine): Host {
  const kernel: Partial<KernelFacts> = {
    parameters: (target) => (types && target === traceFunction ? ["struct nft_pktinfo *"] : undefined),
    hasStruct: () => types,
    config: (option) => config[option],
    moduleLoaded: () => loaded,
    symbolAddress: () => undefined,
  };
  const userspace = { processes: () => [], userName: () => undefined };
  const log = { warn() {}, info() {}, debug() {} };
  return {
    kernel: kernel as KernelFacts,
    userspace,
    whyUnprobeable: () => undefined,
    now: () => 0n,
    openNamespace: () => undefined,
    workloads: { ofProcess: () => ({}), ofControlGroup: () => ({}), controlGroupPath: () => undefined, ofNamespace: () => ({}) },
    log,
    systemChangesAllowed: false,
  };
}

const asModule = { CONFIG_NF_TABLES: "m" };

test.each<[string, Machine, string | undefined]>([
  ["types are there", { types: true, loaded: true }, undefined],
  ["nothing is known of the configuration", { loaded: true }, "no type information of nf_tables"],
  ["nftables is not in use", { loaded: false, config: { ...asModule, CONFIG_DEBUG_INFO_BTF_MODULES: "y" } }, "not loaded"],
  ["loading would not help", { loaded: false, config: asModule }, "no type information of nf_tables"],
  ["there are no kprobes", { types: true, config: { CONFIG_KPROBES: "n" } }, "no kprobes"],
])("when %s", (_, machine, reason) => {
  const result = checkNft(hostWith(machine));
  expect(result.ok).toBe(reason === undefined);
  if (!result.ok) {
    expect(result.reason).toContain(reason!);
    expect(result.hint).toMatch(/^[A-Z].*[^.]$/);
  }
});
