import type { Event, U64 } from "../api/event.ts";
import type { SeriesSink, SinkStatus } from "../api/sink.ts";
import { counted } from "../base/plural.ts";
import type { DropClassifier } from "./drop-classes.ts";
import type { EventClock } from "./event-clock.ts";
import { type CompactPaint, compactRow, compactTitle } from "./compact-row.ts";
import { destinationText, DropSummary, placeText } from "./drop-summary.ts";
import { type FlatContext, type FlatRecord, flatRecord } from "./flat-fields.ts";
import { KindCounts } from "./kind-counts.ts";
import type { TextOutput } from "./text-output.ts";
import { UnshownEvents } from "./unshown-events.ts";

export interface CompactOptions {
  readonly clock: EventClock;
  readonly classOf: DropClassifier;
  readonly paint: CompactPaint;
  /** Columns of the terminal now; infinite where rows are not cut. */
  readonly columns: () => number;
  /** Count drops that are normal, a row for each kind every ten seconds, instead of showing each. */
  readonly fold: boolean;
  /** Called with the number of drops that were counted instead of shown so far. */
  readonly onFold?: (count: number) => void;
  /** Begin with a row that says what is in the columns. */
  readonly titled?: boolean;
  /** More rows in a second than this are counted instead of shown; infinite: none. */
  readonly maxRate: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

const foldMs = 10_000;
const secondMs = 1000;

/** One row for each event that a probe made (`--format compact`), and what was found at the end. */
export class CompactSink implements SeriesSink {
  readonly #output: TextOutput;
  readonly #options: CompactOptions;
  readonly #context: FlatContext;
  readonly #summary = new DropSummary();
  readonly #folded = new Map<string, number>();
  readonly #flood = new KindCounts();
  readonly #unshown: UnshownEvents;
  readonly #started: number;
  #foldedSince: number;
  #foldedTotal = 0;
  #isTitled = false;
  #second = { began: 0, rows: 0 };

  constructor(output: TextOutput, options: CompactOptions) {
    this.#output = output;
    this.#options = options;
    this.#context = { host: undefined, time: () => undefined, classOf: options.classOf };
    this.#started = this.#foldedSince = options.now();
    this.#unshown = new UnshownEvents(output, options.now, (line) => options.paint.dim(line.slice(0, options.columns())));
  }

  get congested(): boolean {
    return this.#output.congested;
  }

  write(event: Event): void {
    this.#take(event, (record, time) => this.#show(record, event, time));
  }

  count(event: Event): boolean {
    let counted = false;
    this.#take(event, () => {
      counted = this.#unshown.add(event);
    });
    return counted;
  }

  untilFlush(): number {
    return this.#unshown.untilDue;
  }

  /** Shows one that is not folded by `show`. */
  #take(event: Event, show: (record: FlatRecord, time: number) => void): void {
    const { clock, fold, now } = this.#options;
    clock.observe(event);
    if (event["kernel"] === undefined && event["userspace"] === undefined) return;
    const record = flatRecord(event, this.#context);
    const isDrop = record["reason"] !== undefined;
    if (isDrop) this.#summary.add(record);
    const time = now();
    if (time - this.#foldedSince >= foldMs) this.#showFolded(time);
    if (fold && isDrop && record["class"] === "normal") this.#fold(String(record["reason"]));
    else show(record, time);
  }

  writeSeries(series: readonly Event[]): void {
    for (const event of series) this.write(event);
  }

  flush(): SinkStatus {
    this.#unshown.showIfDue();
    return this.#output.flush();
  }

  close(): SinkStatus {
    this.#endSecond();
    this.#unshown.show();
    this.#showFolded(this.#options.now());
    const lines = this.#summary.lines((this.#options.now() - this.#started) / secondMs);
    if (lines.length > 0) this.#output.add(`\n${lines.join("\n")}\n`);
    return this.#output.flush();
  }

  #show(record: FlatRecord, event: Event, time: number): void {
    const { maxRate, columns, paint, titled } = this.#options;
    if (time - this.#second.began >= secondMs) {
      this.#endSecond();
      this.#second = { began: time, rows: 0 };
    }
    if (++this.#second.rows > maxRate) {
      this.#flood.add(String(record["reason"] ?? record["probe"]), `${placeText(record)}  ${destinationText(record)}`);
      return;
    }
    if (titled && !this.#isTitled) this.#output.add(`${compactTitle(record, columns(), paint)}\n`);
    this.#isTitled = true;
    this.#output.add(`${compactRow(record, this.#timeText(event), columns(), paint)}\n`);
  }

  #fold(reason: string): void {
    count(this.#folded, reason);
    this.#options.onFold?.(++this.#foldedTotal);
  }

  /** Shows what was counted instead of shown. */
  #endSecond(): void {
    const { total } = this.#flood;
    if (total === 0) return;
    this.#output.add(`${this.#options.paint.dim(`more than ${this.#options.maxRate} rows/s, ${counted(total, "event")} counted:`)}\n`);
    for (const line of this.#flood.take()) this.#note(line);
  }

  #showFolded(time: number): void {
    this.#foldedSince = time;
    for (const [reason, times] of this.#folded) this.#note(`${times} x ${reason} (normal, --all shows each)`);
    this.#folded.clear();
  }

  #note(text: string): void {
    this.#output.add(`${this.#options.paint.dim(`  ${text}`.slice(0, this.#options.columns()))}\n`);
  }

  /** Local time of day; the time since boot while the offset of the clocks is not known. */
  #timeText(event: Event): string {
    const timestamp = event["common"]?.["timestamp"] as U64 | undefined;
    if (timestamp === undefined) return "";
    const sinceEpoch = this.#options.clock.sinceEpoch(timestamp);
    return sinceEpoch === undefined ? this.#options.clock.text(timestamp) : timeOfDay(Number(sinceEpoch / 1_000_000n));
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** `HH:MM:SS.mmm` of milliseconds since 1970, in local time. */
function timeOfDay(milliseconds: number): string {
  const date = new Date(milliseconds);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
