import { expect, test } from "bun:test";
import type { Host } from "../../core/api/collector.ts";
import ct from "./collector.ts";

interface Machine {
  readonly structs: readonly string[];
  readonly loaded: boolean | undefined;
}

function reasonOn({ structs, loaded }: Machine): string | undefined {
  const kernel = { hasStruct: (name: string) => structs.includes(name), moduleLoaded: () => loaded };
  const result = ct.check!({ kernel } as unknown as Host, {});
  return result.ok ? undefined : result.reason;
}

test.each([
  ["built in, or loaded", { structs: ["sk_buff", "nf_conn"], loaded: true }, undefined],
  ["which modules are loaded is unknown", { structs: ["sk_buff", "nf_conn"], loaded: undefined }, undefined],
  ["no conntrack in the kernel", { structs: [], loaded: undefined }, "this kernel has no connection tracking"],
  ["module not loaded", { structs: ["sk_buff"], loaded: false }, "module nf_conntrack is not loaded, so connections are not tracked"],
  ["module without types", { structs: ["sk_buff"], loaded: true }, "the kernel has no type information about connections (struct nf_conn)"],
])("check: %s", (_name, machine, reason) => {
  expect(reasonOn(machine)).toBe(reason);
});
