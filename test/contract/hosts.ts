/** Machines that a collector may meet, made up and real. */
import { existsSync } from "node:fs";
import type { ArgumentType, Collector, Host, KernelFacts } from "../../core/api/collector.ts";
import { Kernel } from "../../core/kernel/kernel.ts";

const silent = { warn() {}, info() {}, debug() {} };

/** A kernel that has whatever a collector needs. */
function ableKernel({ args = {}, kernelTypes = [] }: Collector): KernelFacts {
  return {
    release: "7.0.0",
    enumValues: () => [{ name: "SKB_DROP_REASON_NO_SOCKET", value: 3 }],
    dropReason: () => ({ subsystem: "core", name: "NO_SOCKET" }),
    hasStruct: () => true,
    hasIntegerMember: () => true,
    parameters: () => ["struct sk_buff *", ...Object.values(args).flat().map(typeOf), ...kernelTypes],
    config: () => "y",
    moduleLoaded: () => true,
    symbolAddress: () => 0xffff_ffff_c000_0000n,
  };
}

function typeOf(argument: ArgumentType): string {
  return typeof argument === "string" ? argument : argument.type;
}

/** A kernel of which nothing can be learnt. */
const bareKernel: KernelFacts = {
  release: "5.10.0",
  enumValues: () => undefined,
  dropReason: () => ({ subsystem: undefined, name: undefined }),
  hasStruct: () => false,
  hasIntegerMember: () => false,
  parameters: () => undefined,
  config: () => undefined,
  moduleLoaded: () => undefined,
  symbolAddress: () => undefined,
};

const whyUnprobeable = () => "there are no processes";
const noPrograms = { processes: () => [], userName: () => undefined };

/** Hosts by name; the running kernel among them where its types can be read. */
export function hostsFor(collector: Collector): Readonly<Record<string, Host>> {
  const host = (kernel: KernelFacts): Host => ({
    kernel,
    userspace: noPrograms,
    whyUnprobeable,
    now: () => 0n,
    openNamespace: () => undefined,
    workloads: { ofProcess: () => ({}), ofControlGroup: () => ({}), controlGroupPath: () => undefined, ofNamespace: () => ({}) },
    log: silent,
    systemChangesAllowed: false,
  });
  const madeUp = { "a kernel that has everything": host(ableKernel(collector)), "a kernel that has nothing": host(bareKernel) };
  return existsSync("/sys/kernel/btf/vmlinux") ? { ...madeUp, "the running kernel": host(new Kernel()) } : madeUp;
}
