/** Terminating signals as an `AbortSignal`, for work that cleans up before the process ends. */
import { constants } from "node:os";
import { firstSignal, forgetSignal, isSignalIgnored, signalDescriptor, watchSignal } from "./stop-signals.ts";

/** A shell reports a process that a signal ended as 128 + the number of the signal. */
const signalExitBase = 128;

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

/**
 * An abort controller that the first of some signals aborts. A second signal ends the process at once, whatever it is doing:
 * nothing in this process can clean up then.
 */
export class SignalAbort {
  readonly #controller = new AbortController();
  readonly #listeners = new Map<NodeJS.Signals, () => void>();
  readonly #onSignal: (received: SignalReceived) => void;
  readonly #secondEnds: boolean;
  readonly #descriptor = signalDescriptor();
  #received = false;

  /**
   * Listens to the signals until {@link release}. SIGHUP is left alone where it is ignored, as under nohup(1).
   * @param onSignal called for the first signal
   */
  constructor(signals: readonly NodeJS.Signals[], onSignal: (received: SignalReceived) => void = () => {}) {
    this.#onSignal = onSignal;
    this.#secondEnds = forgetSignal();
    for (const name of signals) {
      if (name === "SIGHUP" && isSignalIgnored(constants.signals.SIGHUP)) continue;
      const listener = () => this.#receive(new SignalReceived(name));
      this.#listeners.set(name, listener);
      process.on(name, listener);
      watchSignal(constants.signals[name]);
    }
  }

  /** What the work looks at; its reason is {@link SignalReceived} after a signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * Can be read once a signal has arrived, for poll(2); then {@link note} takes note of it. Undefined when signals are noted by the event
   * loop alone.
   */
  get descriptor(): number | undefined {
    return this.#descriptor;
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

  /** Takes note of a signal although the event loop has had no turn since it came. Cheap: call it from long synchronous work. */
  readonly note = (): void => {
    const number = firstSignal();
    if (number === 0 || this.#received) return;
    for (const name of this.#listeners.keys()) if (constants.signals[name] === number) this.#receive(new SignalReceived(name));
  };

  /** Takes note as {@link note} does. @throws the reason of the abort, if there was one */
  readonly check = (): void => {
    this.note();
    this.signal.throwIfAborted();
  };

  #receive(received: SignalReceived): void {
    // Its listener is called for one signal only, maybe after it was noted.
    if (this.#received && !this.#secondEnds) process.exit(received.exitCode);
    if (this.#received) return;
    this.#received = true;
    this.#onSignal(received);
    this.abort(received);
  }
}
