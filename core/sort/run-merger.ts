import type { TempFile } from "../file/temp-file.ts";
import type { RecordLayout, SortedRecords } from "./sorted-records.ts";
import { compareRecords } from "./sorted-order.ts";

/** Bytes that the windows of all runs take together, and the least that one takes. */
const windowMemory = 16 * 1024 * 1024;
const smallestWindow = 16 * 1024;

/** A sorted run of records in a file, read through a window. */
export class RecordRun implements SortedRecords {
  readonly words: Uint32Array;
  at = 0;
  #left: number;
  #position: number;
  #end = 0;

  constructor(
    private readonly file: TempFile,
    private readonly layout: RecordLayout,
    run: { readonly position: number; readonly records: number; readonly runs: number },
  ) {
    this.#left = run.records;
    this.#position = run.position;
    const size = layout.words * Uint32Array.BYTES_PER_ELEMENT;
    const window = Math.min(run.records, Math.ceil(Math.max(windowMemory / run.runs, smallestWindow) / size));
    this.words = new Uint32Array(window * layout.words);
  }

  next(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    this.at += this.layout.words;
    if (this.at >= this.#end) this.#fill();
    return true;
  }

  #fill(): void {
    const bytes = new Uint8Array(this.words.buffer);
    const count = this.file.readAt(bytes, this.#position);
    this.#position += count;
    this.#end = Math.floor(count / Uint32Array.BYTES_PER_ELEMENT);
    this.at = 0;
  }
}

/** Merges sorted runs; equal records come in the order of their runs. */
export class RunMerger implements SortedRecords {
  words: Uint32Array = new Uint32Array(0);
  at = 0;
  /** A binary heap of run numbers by the record that each run has at hand; the first one is the next. */
  readonly #heap: number[] = [];
  #started = false;

  constructor(
    private readonly runs: readonly RecordRun[],
    private readonly layout: RecordLayout,
  ) {}

  next(): boolean {
    if (!this.#started) this.#start();
    else this.#advance();
    const first = this.#heap[0];
    if (first === undefined) return false;
    const run = this.runs[first]!;
    this.words = run.words;
    this.at = run.at;
    return true;
  }

  #start(): void {
    this.#started = true;
    this.runs.forEach((run, number) => {
      if (run.next()) this.#heap.push(number);
    });
    for (let at = this.#heap.length >> 1; at >= 0; at--) this.#sink(at);
  }

  #advance(): void {
    const first = this.#heap[0];
    if (first === undefined) return;
    if (!this.runs[first]!.next()) {
      const last = this.#heap.pop()!;
      if (this.#heap.length > 0) this.#heap[0] = last;
    }
    this.#sink(0);
  }

  #sink(start: number): void {
    const heap = this.#heap;
    for (let at = start; ; ) {
      let least = at;
      for (let child = 2 * at + 1; child <= 2 * at + 2 && child < heap.length; child++)
        if (this.#isBefore(heap[child]!, heap[least]!)) least = child;
      if (least === at) return;
      const moved = heap[at]!;
      heap[at] = heap[least]!;
      heap[least] = moved;
      at = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const one = this.runs[a]!;
    const other = this.runs[b]!;
    const difference = compareRecords(one.words, one.at, other.words, other.at, this.layout.keyWords);
    return difference === 0 ? a < b : difference < 0;
  }
}
