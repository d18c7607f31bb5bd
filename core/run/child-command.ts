/** `--cmd`: a shell command that runs while events are collected; its end is the end of the collection. */
import { log } from "../base/log.ts";
import type { StopRequest } from "./stop-request.ts";

/** Patience with a command that is asked to end because the collection ended first. */
const graceMs = 500;

export class ChildCommand {
  readonly #child: Bun.Subprocess;
  #ended = false;

  /** Starts `sh -c <command>`. Its output goes to our stderr, so that stdout holds only events. */
  constructor(command: string, stop: StopRequest) {
    this.#child = Bun.spawn(["sh", "-c", command], {
      stdin: "inherit",
      stdout: 2,
      stderr: 2,
      // A Ctrl-C at the terminal reaches it as well; we wait for it either way.
      onExit: (_child, code, signal) => {
        this.#ended = true;
        const status = code === null ? `signal ${signal}` : `exit status ${code}`;
        log.info(`Command returned (${status}), terminating ...`);
        stop.request("command ended");
      },
    });
  }

  /** Ends the command when it still runs. */
  async stop(): Promise<void> {
    if (this.#ended) return;
    this.#child.kill("SIGTERM");
    const ended = await Promise.race([this.#child.exited.then(() => true), Bun.sleep(graceMs).then(() => false)]);
    if (!ended) this.#child.kill("SIGKILL");
  }
}
