/** The host as collectors see it for one run. */
import type { Host } from "../api/host.ts";
import { log } from "../base/log.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { userspaceFacts } from "./userspace-facts.ts";

export function createHost(kernel: Kernel, systemChangesAllowed: boolean): Host {
  return { kernel, userspace: userspaceFacts(kernel), log, systemChangesAllowed };
}
