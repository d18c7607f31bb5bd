/**
 * Grace periods of the kernel's RCU: ending one kprobe waits for several, about 10 ms each. Expedited ones take less than a
 * millisecond, but interrupt every CPU. Source: Documentation/admin-guide/kernel-parameters.txt, `rcu_expedited`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { log } from "../base/log.ts";
import { reasonOf } from "../base/errors.ts";

/**
 * Runs something while the kernel expedites its grace periods. Where that cannot be set, or is set already, the call
 * is all that happens.
 */
export function withExpeditedGracePeriods(call: () => void, sysDir = "/sys"): void {
  const setting = join(sysDir, "kernel/rcu_expedited");
  const changed = changeSetting(setting, "0", "1");
  const restore = () => void changeSetting(setting, "1", "0");
  // A forced exit in between must not leave it set.
  if (changed) process.on("exit", restore);
  try {
    call();
  } finally {
    if (changed) restore();
    process.off("exit", restore);
  }
}

/** Whether the setting was changed: only from the value that is expected. */
function changeSetting(path: string, from: string, to: string): boolean {
  try {
    if (readFileSync(path, "utf8").trim() !== from) return false;
    writeFileSync(path, to);
    return true;
  } catch (error) {
    log.debug(`${path} was not changed: ${reasonOf(error)}`);
    return false;
  }
}
