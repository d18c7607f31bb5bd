/** Events of a file whose values have other types than they should: each is left out and counted, the others are shown. */
import { reasonOf, TraceError } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { counted } from "../base/plural.ts";

export class DamagedEvents {
  #count = 0;
  #first = "";

  /**
   * Does something with an event, or with those of a series at once. What it throws is taken for a value of the wrong type.
   * @throws TraceError of the action, as that is about something else than the event
   */
  guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (error instanceof TraceError) throw error;
      this.#count++;
      this.#first ||= reasonOf(error);
    }
  }

  /** Says how many were left out; call it at the end. Returns the exit status: 1 when any were. */
  report(): 0 | 1 {
    if (this.#count === 0) return 0;
    log.warn(`${counted(this.#count, "event")} left out: values of unexpected types (${this.#first})`);
    return 1;
  }
}
