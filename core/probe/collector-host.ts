/** The host as collectors see it for one run. */
import type { Host } from "../api/host.ts";
import { log } from "../base/log.ts";
import { kernelNow } from "../libbpf/clock.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { parseProbe } from "./probe-spec.ts";
import { whyUnprobeableInKernel } from "./targets.ts";
import { userspaceFacts, whyUnprobeableInPrograms } from "./userspace-facts.ts";

export function createHost(kernel: Kernel, systemChangesAllowed: boolean): Host {
  const whyUnprobeable = (probe: string) => {
    const spec = parseProbe(probe);
    return spec.program === undefined ? whyUnprobeableInKernel(kernel, spec) : whyUnprobeableInPrograms(kernel, spec);
  };
  return { kernel, userspace: userspaceFacts(), whyUnprobeable, now: kernelNow, log, systemChangesAllowed };
}
