/** The host as collectors see it for one run. */
import { u64FromBigInt } from "../api/event.ts";
import type { Host, OpenNamespace } from "../api/host.ts";
import { log } from "../base/log.ts";
import { kernelNow } from "../libbpf/clock.ts";
import { NetworkNamespace } from "../libbpf/network-namespace.ts";
import { workloadFacts } from "../workloads/facts.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { parseProbe } from "./probe-spec.ts";
import { whyUnprobeableInKernel } from "./targets.ts";
import { userspaceFacts, whyUnprobeableInPrograms } from "./userspace-facts.ts";

export function createHost(kernel: Kernel, systemChangesAllowed: boolean): Host {
  const whyUnprobeable = (probe: string) => {
    const spec = parseProbe(probe);
    return spec.program === undefined ? whyUnprobeableInKernel(kernel, spec) : whyUnprobeableInPrograms(kernel, spec);
  };
  const workloads = workloadFacts({ now: kernelNow, openNamespace });
  return { kernel, userspace: userspaceFacts(), workloads, whyUnprobeable, now: kernelNow, openNamespace, log, systemChangesAllowed };
}

function openNamespace(path: string): OpenNamespace | undefined {
  const opened = NetworkNamespace.open(path);
  if (opened === undefined) return undefined;
  const { inode, cookie, since, descriptor } = opened;
  return {
    inode,
    cookie: cookie === undefined ? undefined : u64FromBigInt(cookie),
    since,
    descriptor,
    netlink: (protocol, message) => opened.netlink(protocol, message),
    [Symbol.dispose]: () => opened[Symbol.dispose](),
  };
}
