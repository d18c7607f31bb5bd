/** `--cmd`: a shell command that runs while events are collected; its end is the end of the collection. */
import { closeSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { DeathWatch } from "../base/death-watch.ts";
import { log } from "../base/log.ts";
import type { SignalAbort } from "../signals/abort-on-signal.ts";

/** Patience with a command that has to end because the collection ended first. */
const graceMs = 250;
const pollMs = 5;
/** A shell reports a command that a signal ended as 128 + the number of the signal. */
const signalStatusBase = 128;

export class ChildCommand {
  readonly #child: Bun.Subprocess;
  readonly #watch: DeathWatch;
  #status: number | undefined;
  #endedFirst = false;
  #stopping = false;

  /** Starts `/bin/sh -c <command>`. Its output goes to our stderr, so that stdout holds only events. */
  constructor(command: string, stop: SignalAbort) {
    this.#watch = new DeathWatch('kill -s KILL -- "-$it"');
    // Nothing runs before the watch knows what to end: were we killed right now, the shell would read the end of the pipe.
    this.#child = Bun.spawn(["/bin/sh", "-c", 'read -r _ <&3 || exit 1; exec 3<&-; exec /bin/sh -c "$1"', "sh", command], {
      stdio: ["inherit", 2, 2, "pipe"],
      // A process group of its own: what the shell started ends with it.
      detached: true,
      onExit: (_child, code, signal) => {
        this.#status = code ?? signalStatusBase + constants.signals[signal as unknown as NodeJS.Signals];
        const status = code === null ? `signal ${signal}` : `exit status ${code}`;
        // That we end it because the collection is over is no end of its own.
        if (!this.#stopping && stop.abort("command ended")) {
          this.#endedFirst = true;
          log.info(`Command returned (${status}), terminating ...`);
        } else log.debug(`Command ended (${status})`);
      },
    });
    this.#watch.arm(String(this.#child.pid));
    const go = this.#child.stdio[3] as number;
    writeSync(go, "\n");
    closeSync(go);
  }

  /** Exit status of the command, as a shell reports it, when its end was the end of the collection; otherwise 0. */
  get status(): number {
    return this.#endedFirst ? (this.#status ?? 0) : 0;
  }

  /** Ends the command, and what it started, unless its end was the end of the collection. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (!this.#endedFirst && this.#signal("SIGTERM")) {
      for (const deadline = performance.now() + graceMs; this.#signal(0) && performance.now() < deadline; ) await Bun.sleep(pollMs);
      this.#signal("SIGKILL");
    }
    await this.#watch.release();
  }

  /** Sends a signal to the group; 0 sends none. Returns whether there is anyone left in it. */
  #signal(signal: NodeJS.Signals | 0): boolean {
    try {
      process.kill(-this.#child.pid, signal);
      return true;
    } catch {
      return false;
    }
  }
}
