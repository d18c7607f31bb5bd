/** Terminating signals as an `AbortSignal`, for work that cleans up before the process ends. */
import { constants } from "node:os";

/** A shell reports a process that a signal ended as 128 + the number of the signal. */
const signalExitBase = 128;

/** Longest time between two checks of synchronous work, in milliseconds. */
const patience = 20;

/** The reason of an abort by a signal. */
export class SignalReceived extends Error {
  constructor(readonly signal: NodeJS.Signals) {
    super(`received signal ${signal}`);
  }

  /** Exit status that a shell expects after the signal. */
  get exitCode(): number {
    return signalExitBase + constants.signals[this.signal];
  }
}

/** An abort controller that the first of some signals aborts. */
export class SignalAbort {
  readonly #controller = new AbortController();
  readonly #listeners = new Map<NodeJS.Signals, () => void>();
  #lastCheck = performance.now();

  /**
   * Listens to the signals until {@link release}.
   * @param onSignal called for each signal; `first` says whether it is the one that aborted
   */
  constructor(signals: readonly NodeJS.Signals[], onSignal: (received: SignalReceived, first: boolean) => void = () => {}) {
    for (const name of signals) {
      const listener = () => {
        const received = new SignalReceived(name);
        onSignal(received, this.abort(received));
      };
      this.#listeners.set(name, listener);
      process.on(name, listener);
    }
  }

  /** What the work looks at; its reason is {@link SignalReceived} after a signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts without a signal; after the first abort it changes nothing. Returns whether this was the first. */
  abort(reason: unknown): boolean {
    if (this.signal.aborted) return false;
    this.#controller.abort(reason);
    return true;
  }

  /** Stops listening to a signal, or to all. */
  release(signal?: NodeJS.Signals): void {
    for (const [name, listener] of this.#listeners) {
      if (signal !== undefined && name !== signal) continue;
      process.off(name, listener);
      this.#listeners.delete(name);
    }
  }

  /** Whether long synchronous work, which lets no signal handler run, should {@link check} again. */
  get isCheckDue(): boolean {
    return performance.now() - this.#lastCheck > patience;
  }

  /**
   * Waits, at least until signal handlers have run.
   * @throws the reason of the abort, if there was one
   */
  async check(milliseconds = 0): Promise<void> {
    await Bun.sleep(milliseconds);
    this.#lastCheck = performance.now();
    this.signal.throwIfAborted();
  }
}
