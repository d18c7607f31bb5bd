/**
 * Clean-up that happens even when this process is killed: a shell in a session of its own waits until the pipe from us is
 * closed, which our end does, and runs a command then.
 */
import { closeSync, writeSync } from "node:fs";
import { cleanEnvironment } from "./child-environment.ts";

/** Longest wait for the shell to end, in milliseconds. */
const endMs = 200;

export class DeathWatch {
  readonly #pipe: number;
  readonly #ended: Promise<unknown>;

  /**
   * Starts the shell. It does nothing before {@link arm}.
   * @param script for /bin/sh; `$it` is what was armed with. It finds administrators' programs
   */
  constructor(script: string) {
    const child = Bun.spawn(["/bin/sh", "-c", `read -r it <&3 || exit 0; read -r _ <&3 || { ${script}; }`], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
      // Signals to our process group, such as Ctrl-C, are not for it.
      detached: true,
      cwd: "/",
      env: cleanEnvironment,
    });
    this.#ended = child.exited;
    child.unref();
    this.#pipe = child.stdio[3] as number;
  }

  /** From now on the command is run at our end. @param it one line */
  arm(it: string): void {
    writeSync(this.#pipe, `${it}\n`);
  }

  /** The command is not needed any more. @returns when the shell has ended, so that none is left after our end */
  async release(): Promise<void> {
    try {
      writeSync(this.#pipe, "\n");
    } catch {
      // The shell was killed: there is nothing to call off.
    }
    closeSync(this.#pipe);
    await Promise.race([this.#ended, Bun.sleep(endMs)]);
  }
}
