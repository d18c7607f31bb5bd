/** Messages for the user. They go to stderr, so that stdout has only what was requested. */
import { writeSync } from "node:fs";
import { painter, wantsColour, type Painter } from "./colour.ts";
import { streamOf, withLinesOnly } from "./terminal.ts";

/** From the most important to the most detailed. */
export const logLevels = ["error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Writes one line to its place; the line has no newline at its end. */
export type LineWriter = (line: string) => void;

const styles = { error: "red", warn: "yellow", info: "blue", debug: "cyan", trace: "white" } as const;

export interface LogOptions {
  readonly level?: LogLevel;
  readonly colour?: boolean;
  readonly writeLine?: LineWriter;
  /** Wall clock in milliseconds since 1970, microseconds in the fraction. */
  readonly now?: () => number;
}

/**
 * A log with levels. Up to level `info`, messages of that level are printed as they are and others begin with their level; from
 * `debug` on every line has the UTC time and the level.
 */
export class Log {
  #level = 0;
  #writeLine: LineWriter;
  readonly #now: () => number;
  #words: readonly string[] = [];

  constructor(options: LogOptions = {}) {
    this.setLevel(options.level ?? "info");
    this.#writeLine = options.writeLine ?? writeToStderr;
    this.#now = options.now ?? (() => performance.timeOrigin + performance.now());
    this.setColour(options.colour ?? false);
  }

  /** Whether words of levels are painted. */
  setColour(colour: boolean): void {
    this.#words = logLevels.map((level) => levelWord(level, painter(styles[level], colour)));
  }

  get level(): LogLevel {
    return logLevels[this.#level]!;
  }

  setLevel(level: LogLevel): void {
    this.#level = logLevels.indexOf(level);
  }

  /** Puts another writer in place, e.g. one that erases the status line first; returns the one before. */
  setLineWriter(writeLine: LineWriter): LineWriter {
    const before = this.#writeLine;
    this.#writeLine = writeLine;
    return before;
  }

  /** Writes a line that another writer held back. */
  writeLine(line: string): void {
    this.#writeLine(line);
  }

  /** Whether messages of this level are shown; check before building a costly message. */
  shows(level: LogLevel): boolean {
    return logLevels.indexOf(level) <= this.#level;
  }

  readonly error = (message: string): void => this.#message(0, message);
  readonly warn = (message: string): void => this.#message(1, message);
  readonly info = (message: string): void => this.#message(2, message);
  readonly debug = (message: string): void => this.#message(3, message);
  readonly trace = (message: string): void => this.#message(4, message);

  #message(level: number, message: string): void {
    if (level > this.#level) return;
    this.#writeLine(this.#prefix(level) + withLinesOnly(message));
  }

  #prefix(level: number): string {
    if (this.shows("debug")) return `${timeOfDay(this.#now())} ${this.#words[level]!} `;
    return level === 2 ? "" : `${this.#words[level]!} `;
  }
}

/** The log of this program; level `info` until set otherwise. */
export const log = new Log({ colour: wantsColour(streamOf(2)) });

/** Writes a line to stderr at once; a stderr that nobody reads is not a reason to fail. */
export function writeToStderr(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch {
    // There is no better place to complain.
  }
}

function levelWord(level: LogLevel, paint: Painter): string {
  return paint(level.toUpperCase()) + " ".repeat(5 - level.length);
}

/** `HH:MM:SS.ffffff` of a UTC time in milliseconds. */
function timeOfDay(milliseconds: number): string {
  const microseconds = Math.floor((milliseconds % 1) * 1000);
  return new Date(milliseconds).toISOString().slice(11, 23) + String(microseconds).padStart(3, "0");
}
