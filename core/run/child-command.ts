/** `--cmd`: a shell command that runs while events are collected; its end is the end of the collection. */
import { log } from "../base/log.ts";
import type { SignalAbort } from "../base/abort-on-signal.ts";

/** Patience with a command that has to end because the collection ended first. */
const graceMs = 500;

export class ChildCommand {
  readonly #child: Bun.Subprocess;
  readonly #killNow = () => this.#signal("SIGKILL");
  #ended = false;

  /** Starts `sh -c <command>`. Its output goes to our stderr, so that stdout holds only events. */
  constructor(command: string, stop: SignalAbort) {
    this.#child = Bun.spawn(["sh", "-c", command], {
      stdin: "inherit",
      stdout: 2,
      stderr: 2,
      // A process group of its own: what the shell started ends with it.
      detached: true,
      onExit: (_child, code, signal) => {
        this.#ended = true;
        process.off("exit", this.#killNow);
        const status = code === null ? `signal ${signal}` : `exit status ${code}`;
        if (stop.abort("command ended")) log.info(`Command returned (${status}), terminating ...`);
        else log.debug(`Command ended (${status})`);
      },
    });
    process.on("exit", this.#killNow);
  }

  /** Ends the command when it still runs. */
  async stop(): Promise<void> {
    if (this.#ended) return;
    this.#signal("SIGTERM");
    const ended = await Promise.race([this.#child.exited.then(() => true), Bun.sleep(graceMs).then(() => false)]);
    if (!ended) this.#signal("SIGKILL");
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#ended) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // It ended just now.
    }
  }
}
