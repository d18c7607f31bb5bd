/** Asynchronous work of collectors, which ends with the run. */
import { log } from "../../base/log.ts";
import { reasonOf } from "../../base/errors.ts";

/** How long work may take to end once it is requested to. */
const endLimitMs = 250;

interface Unfinished {
  readonly owner: string;
  readonly done: Promise<void>;
}

/** Keeps track of work under way. */
export class BackgroundWork {
  readonly #abort = new AbortController();
  readonly #unfinished = new Set<Unfinished>();

  /** Whether any work is under way. */
  get pending(): boolean {
    return this.#unfinished.size > 0;
  }

  /** Aborted when the run ends. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /**
   * Starts work; nothing when the run ends already. Its failure is reported.
   * @param owner name of the collector
   */
  start(owner: string, work: (signal: AbortSignal) => void | Promise<void>): void {
    if (this.signal.aborted) return;
    let promise: void | Promise<void>;
    try {
      promise = work(this.signal);
    } catch (error) {
      this.#report(owner, error);
      return;
    }
    if (promise === undefined) return;
    const unfinished: Unfinished = {
      owner,
      done: Promise.resolve(promise)
        .catch((error: unknown) => this.#report(owner, error))
        .finally(() => this.#unfinished.delete(unfinished)),
    };
    this.#unfinished.add(unfinished);
  }

  /** Aborts all work and waits for its end, for a quarter of a second at most. */
  async end(): Promise<void> {
    this.#abort.abort();
    if (!this.pending) return;
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, endLimitMs);
    await Promise.race([Promise.all([...this.#unfinished].map(({ done }) => done)), timeout.promise]);
    clearTimeout(timer);
    for (const owner of new Set([...this.#unfinished].map((one) => one.owner)))
      log.warn(`Collector ${owner} did not end its work within ${endLimitMs} ms: abandoned`);
  }

  /** Work that fails as the run ends was interrupted by that. */
  #report(owner: string, error: unknown): void {
    const write = this.signal.aborted ? log.debug : log.warn;
    write(`Collector ${owner}: ${reasonOf(error)}`);
  }
}
