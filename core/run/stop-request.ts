/** When a run shall end, and why. */
import { log } from "../base/log.ts";

const signals = ["SIGINT", "SIGTERM", "SIGQUIT"] as const;
const signalExitBase = 128;

/** Set once; the run looks at it between batches. */
export class StopRequest {
  #reason: string | undefined;
  readonly #handlers: (readonly [(typeof signals)[number], () => void])[];

  /**
   * Listens to the terminating signals. The first asks the run to end in order; a second ends the process at once, which
   * detaches everything all the same, as the kernel closes our file descriptors.
   */
  constructor() {
    this.#handlers = signals.map((signal, index) => {
      const handler = () => this.#onSignal(signal, index);
      process.on(signal, handler);
      return [signal, handler] as const;
    });
  }

  get requested(): boolean {
    return this.#reason !== undefined;
  }

  /** Asks the run to end; later requests change nothing. Returns whether this was the first. */
  request(reason: string): boolean {
    if (this.#reason !== undefined) return false;
    this.#reason = reason;
    return true;
  }

  /** Stops listening. */
  release(): void {
    for (const [signal, handler] of this.#handlers) process.off(signal, handler);
  }

  #onSignal(signal: (typeof signals)[number], index: number): void {
    if (this.request(`signal ${signal}`)) log.info(`Received signal ${signal}, terminating ...`);
    else process.exit(signalExitBase + ({ SIGINT: 2, SIGTERM: 15, SIGQUIT: 3 }[signals[index] ?? "SIGINT"] ?? 0));
  }
}
