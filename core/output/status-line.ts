import { writeSync } from "node:fs";
import type { U64 } from "../api/event.ts";
import { painter, wantsColour, type Painter } from "../base/colour.ts";
import { hasCursorControl, streamOf } from "../base/terminal.ts";

/** Milliseconds between two drawings: at most four a second. */
const drawInterval = 250;

/** Back to the first column and erase to the end of the line (ECMA-48 CR, EL). */
const eraseCode = "\r\u001b[K";

/** What the status line shows. */
export interface CollectionCounts {
  readonly events: number;
  /** Events lost for whatever reason. */
  readonly lost: U64;
  /** Probe hits that no filter saw; shown when there are any. */
  readonly skipped?: U64;
}

export interface StatusLineOptions {
  readonly write: (text: string) => void;
  /** Width of the terminal now; the line never wraps. */
  readonly columns: () => number;
  /** A clock in milliseconds that never goes back. */
  readonly now: () => number;
  /** Local time of day, `HH:MM:SS`. */
  readonly timeOfDay: () => string;
  readonly alarm: Painter;
}

/**
 * One line at the bottom of the terminal that is drawn again while something changes:
 * `events N  normal N  lost N  skipped N  rate N/s  elapsed H:MM:SS`, or at the end `idle since HH:MM:SS`.
 */
export class StatusLine {
  readonly #options: StatusLineOptions;
  readonly #start: number;
  #drawn = false;
  #last: CollectionCounts & { readonly time: number };
  #idleSince: string | undefined;
  #folded = 0;

  constructor(options: StatusLineOptions) {
    this.#options = options;
    this.#start = options.now();
    this.#last = { time: this.#start, events: 0, lost: 0, skipped: 0 };
  }

  /** Sets how many drops that are normal were counted instead of shown; they are part of the events. */
  set folded(count: number) {
    this.#folded = count;
  }

  /** Draws the line if it is time to; cheap otherwise, so call it as often as you like. */
  update(counts: CollectionCounts): void {
    const time = this.#options.now();
    const passed = time - this.#last.time;
    if (passed < drawInterval) return;
    const { events, lost, skipped } = this.#last;
    const idle = counts.events === events && counts.lost === lost && (counts.skipped ?? 0) === (skipped ?? 0);
    if (idle && this.#drawn && this.#idleSince !== undefined) return;
    this.#idleSince = idle ? (this.#idleSince ?? this.#options.timeOfDay()) : undefined;
    const rate = Math.round(((counts.events - events) * 1000) / passed);
    this.#options.write(eraseCode + this.#line(counts, rate, time));
    this.#drawn = true;
    this.#last = { time, ...counts };
  }

  /** Milliseconds until {@link update} draws although nothing happens; infinite once it says that nothing does. */
  untilDrawing(): number {
    if (this.#drawn && this.#idleSince !== undefined) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#last.time + drawInterval - this.#options.now());
  }

  /** Removes the line, to be called before anything else is written to the same terminal and at the end. */
  erase(): void {
    if (!this.#drawn) return;
    this.#drawn = false;
    this.#options.write(eraseCode);
  }

  #line(counts: CollectionCounts, rate: number, time: number): string {
    const lost = `lost ${counts.lost}`;
    const folded = this.#folded > 0 ? `normal ${this.#folded}  ` : "";
    const start = `events ${counts.events}  ${folded}`;
    const skipped = Number(counts.skipped ?? 0) > 0 ? `  skipped ${counts.skipped}` : "";
    const since = this.#idleSince === undefined ? `elapsed ${durationText(time - this.#start)}` : `idle since ${this.#idleSince}`;
    const end = `${skipped}  rate ${rate}/s  ${since}`;
    const width = this.#options.columns() - 1;
    if (start.length + lost.length + end.length > width) return (start + lost + end).slice(0, Math.max(width, 0));
    return start + (Number(counts.lost) > 0 ? this.#options.alarm(lost) : lost) + end;
  }
}

/** The status line on stderr; undefined when that is not a terminal on which a line can be drawn again. */
export function createStatusLine(): StatusLine | undefined {
  if (!hasCursorControl(streamOf(2))) return undefined;
  return new StatusLine({
    write: writeToTerminal,
    columns: () => process.stderr.columns || 80,
    now: () => performance.now(),
    timeOfDay: () => new Date().toTimeString().slice(0, "HH:MM:SS".length),
    alarm: painter(["red", "bold"], wantsColour(streamOf(2))),
  });
}

function writeToTerminal(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // The line is a convenience: a terminal that went away, or is busy, must not end the collection.
  }
}

/** `H:MM:SS` of milliseconds. */
function durationText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const part = (value: number) => String(value % 60).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${part(Math.floor(seconds / 60))}:${part(seconds)}`;
}
