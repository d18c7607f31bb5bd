/** What live text shows of events that came faster than it could be written: how many of each kind. */
import type { Event } from "../api/event.ts";
import { counted } from "../base/plural.ts";
import { withoutControls } from "../base/terminal.ts";
import { placeText } from "./drop-summary.ts";
import { probeText, reasonOfDrop } from "./flat-fields.ts";
import { KindCounts } from "./kind-counts.ts";
import type { TextOutput } from "./text-output.ts";

/** Totals are shown no more often, in milliseconds: where writing is a little too slow, they would be most of the text. */
const intervalMs = 1000;

/** Counts events by kind, and shows the totals once the output takes text again. */
export class UnshownEvents {
  readonly #output: Pick<TextOutput, "add" | "congested">;
  readonly #now: () => number;
  readonly #paint: (text: string) => string;
  readonly #counts = new KindCounts();
  #shownAt = Number.NEGATIVE_INFINITY;

  /**
   * @param now milliseconds of a clock that never goes back
   * @param paint paints a line of totals
   */
  constructor(output: Pick<TextOutput, "add" | "congested">, now: () => number, paint: (text: string) => string = (text) => text) {
    this.#output = output;
    this.#now = now;
    this.#paint = paint;
  }

  /** Counts the event; false for one that no probe made, which is to be shown whatever happens. */
  add(event: Event): boolean {
    const probe = event["kernel"] ?? event["userspace"];
    if (probe === undefined) return false;
    const reason = reasonOfDrop(event);
    // No packet is decoded here: there is less time for these events than it takes to show them.
    if (reason === undefined) this.#counts.add(probeText(probe), "");
    else this.#counts.add(reason, placeText({ location: event["skb-drop"]?.["location"] }));
    return true;
  }

  /** Milliseconds until {@link showIfDue} has something to do; infinite when nothing was counted. */
  get untilDue(): number {
    if (this.#counts.total === 0 || this.#output.congested) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#shownAt + intervalMs - this.#now());
  }

  /** Adds the totals to the output when it takes text and they were not added a moment ago. */
  showIfDue(): void {
    if (this.untilDue === 0) this.show();
  }

  /** Adds the totals to the output; nothing when nothing was counted. */
  show(): void {
    const { total } = this.#counts;
    if (total === 0) return;
    this.#shownAt = this.#now();
    const lines = [`output too slow, ${counted(total, "event")} counted:`, ...this.#counts.take().map((line) => `  ${line}`)];
    for (const line of lines) this.#output.add(`${this.#paint(withoutControls(line))}\n`);
  }
}
