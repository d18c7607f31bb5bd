import { constants } from "node:os";

const signalExitBase = 128;

/** How long work may go on before signals are looked at, in milliseconds. */
const patience = 20;

/** Ends work that a person or the system interrupted; `exitCode` is what a shell expects then. */
export class Interrupted extends Error {
  constructor(readonly exitCode: number) {
    super("interrupted");
  }
}

/** Lets long synchronous work be ended by a signal with everything cleaned up. */
export class Interruption {
  #signal: NodeJS.Signals | undefined;
  #lastPause = performance.now();
  readonly #listeners = new Map<NodeJS.Signals, () => void>();

  /** Listens to the signals until {@link release}. */
  constructor(signals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"]) {
    for (const signal of signals) {
      const listener = () => void (this.#signal ??= signal);
      this.#listeners.set(signal, listener);
      process.on(signal, listener);
    }
  }

  /** Stops listening to a signal, or to all. */
  release(signal?: NodeJS.Signals): void {
    for (const [name, listener] of this.#listeners) {
      if (signal !== undefined && name !== signal) continue;
      process.off(name, listener);
      this.#listeners.delete(name);
    }
  }

  /** Whether it is time for {@link pause}. */
  get isDue(): boolean {
    return performance.now() - this.#lastPause > patience;
  }

  /** Lets signals arrive. @throws Interrupted when one did */
  async pause(milliseconds = 0): Promise<void> {
    await Bun.sleep(milliseconds);
    this.#lastPause = performance.now();
    if (this.#signal !== undefined) throw new Interrupted(signalExitBase + constants.signals[this.#signal]);
  }
}
