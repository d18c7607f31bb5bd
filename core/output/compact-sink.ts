import type { Event, U64 } from "../api/event.ts";
import type { SeriesSink, SinkStatus } from "../api/sink.ts";
import { counted } from "../base/plural.ts";
import type { DropClassifier } from "./drop-classes.ts";
import type { EventClock } from "./event-clock.ts";
import { type CompactPaint, compactRow, compactTitle } from "./compact-row.ts";
import { destinationText, DropSummary, placeText } from "./drop-summary.ts";
import { type FlatContext, type FlatRecord, flatRecord } from "./flat-fields.ts";
import type { TextOutput } from "./text-output.ts";

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
/** Kinds of rows that are counted apart within a second. */
const maxKinds = 100;

/** One row for each event that a probe made (`--format compact`), and what was found at the end. */
export class CompactSink implements SeriesSink {
  readonly #output: TextOutput;
  readonly #options: CompactOptions;
  readonly #context: FlatContext;
  readonly #summary = new DropSummary();
  readonly #folded = new Map<string, number>();
  readonly #flood = new Map<string, number>();
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
  }

  get congested(): boolean {
    return this.#output.congested;
  }

  write(event: Event): void {
    const { clock, fold, now } = this.#options;
    clock.observe(event);
    if (event["kernel"] === undefined && event["userspace"] === undefined) return;
    const record = flatRecord(event, this.#context);
    const isDrop = record["reason"] !== undefined;
    if (isDrop) this.#summary.add(record);
    const time = now();
    if (time - this.#foldedSince >= foldMs) this.#showFolded(time);
    if (fold && isDrop && record["class"] === "normal") this.#fold(String(record["reason"]));
    else this.#show(record, event, time);
  }

  writeSeries(series: readonly Event[]): void {
    for (const event of series) this.write(event);
  }

  flush(): SinkStatus {
    return this.#output.flush();
  }

  close(): SinkStatus {
    this.#endSecond();
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
      const kind = `${record["reason"] ?? record["probe"]}${placeText(record)}  ${destinationText(record)}`;
      count(this.#flood, this.#flood.size < maxKinds || this.#flood.has(kind) ? kind : String(record["reason"] ?? record["probe"]));
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
    if (this.#flood.size === 0) return;
    const total = [...this.#flood.values()].reduce((sum, times) => sum + times, 0);
    this.#output.add(`${this.#options.paint.dim(`more than ${this.#options.maxRate} rows/s, ${counted(total, "event")} counted:`)}\n`);
    for (const [kind, times] of this.#flood) this.#note(`${times} x ${kind}`);
    this.#flood.clear();
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
