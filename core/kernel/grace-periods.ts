/**
 * Grace periods of the kernel's RCU: ending one kprobe waits for several, about 10 ms each. Expedited ones take less than a
 * millisecond, but interrupt every CPU. Source: Documentation/admin-guide/kernel-parameters.txt, `rcu_expedited`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DeathWatch } from "../base/death-watch.ts";
import { log } from "../base/log.ts";
import { reasonOf } from "../base/errors.ts";

/**
 * Runs something while the kernel expedites its grace periods. Where that cannot be set, or is set already, the call
 * is all that happens.
 */
export function withExpeditedGracePeriods(call: () => void, sysDir = "/sys"): void {
  const setting = join(sysDir, "kernel/rcu_expedited");
  if (settingAt(setting) !== "0") return call();
  // Were this process killed in between, the setting would stay.
  const watch = new DeathWatch('echo 0 > "$it"');
  watch.arm(setting);
  try {
    writeSetting(setting, "1");
    call();
  } finally {
    writeSetting(setting, "0");
    void watch.release();
  }
}

function settingAt(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    log.debug(`${path} was not read: ${reasonOf(error)}`);
    return undefined;
  }
}

function writeSetting(path: string, value: string): void {
  try {
    writeFileSync(path, value);
  } catch (error) {
    log.debug(`${path} was not changed: ${reasonOf(error)}`);
  }
}
