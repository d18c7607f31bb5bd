/** How long each phase of start-up and shutdown took, at debug level. */
import { log } from "../base/log.ts";

export class Phases {
  readonly #start = performance.now();
  #last = this.#start;

  /** Ends the phase that ran since the last mark. */
  mark(name: string): void {
    const now = performance.now();
    log.debug(`${name}: ${(now - this.#last).toFixed(1)} ms (${(now - this.#start).toFixed(1)} ms since start)`);
    this.#last = now;
  }
}
