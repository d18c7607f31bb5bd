/** Work of collectors that is done again and again, or once after some time. The record loop calls it, as it knows when it sleeps. */
import type { BackgroundWork } from "./background-work.ts";

/** Shortest period: below it a run would be busy with nothing else. */
export const shortestPeriodMs = 10;

/** Work that is due so soon after other work is done together with it: one wake-up instead of two. */
const togetherMs = 50;
/** But no sooner than this part of its period. */
const togetherShare = 1 / 10;

interface Period {
  readonly owner: string;
  /** Infinite for work that is done once. */
  readonly milliseconds: number;
  readonly work: (signal: AbortSignal) => void | Promise<void>;
  due: number;
  busy: boolean;
}

export class PeriodicWork {
  readonly #background: BackgroundWork;
  readonly #periods: Period[] = [];

  constructor(background: BackgroundWork) {
    this.#background = background;
  }

  /** @throws RangeError for a period that is too short */
  add(owner: string, milliseconds: number, work: Period["work"]): void {
    if (!(milliseconds >= shortestPeriodMs))
      throw new RangeError(`a period of ${milliseconds} ms is too short: at least ${shortestPeriodMs} ms`);
    this.#periods.push({ owner, milliseconds, work, due: performance.now() + milliseconds, busy: false });
  }

  /** Does work once. @throws RangeError for a time that is none */
  addOnce(owner: string, milliseconds: number, work: Period["work"]): void {
    if (!(milliseconds >= 0)) throw new RangeError(`${milliseconds} ms is not a time to wait`);
    this.#periods.push({ owner, milliseconds: Number.POSITIVE_INFINITY, work, due: performance.now() + milliseconds, busy: false });
  }

  /** Milliseconds until something is due; infinite when nothing ever is. */
  untilDue(now: number): number {
    return this.#periods.reduce((shortest, { due, busy }) => (busy ? shortest : Math.min(shortest, Math.max(0, due - now))), Infinity);
  }

  /** Starts what is due, and with it what is due soon after. What was due several times is called once. */
  turn(now: number): void {
    if (this.untilDue(now) > 0) return;
    for (const period of this.#periods) {
      const early = Number.isFinite(period.milliseconds) ? Math.min(togetherMs, period.milliseconds * togetherShare) : 0;
      if (!period.busy && period.due - early <= now) this.#call(period, now);
    }
  }

  #call(period: Period, now: number): void {
    period.due = now + period.milliseconds;
    this.#background.start(period.owner, (signal) => {
      const done = period.work(signal);
      if (done === undefined) return;
      period.busy = true;
      return done.finally(() => {
        period.busy = false;
      });
    });
  }
}
