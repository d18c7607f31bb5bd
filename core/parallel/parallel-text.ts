import type { Section } from "../api/section.ts";
import type { SinkStatus } from "../api/sink.ts";
import { RangeFormatter, type RangeText } from "./range-text.ts";
import { SharedWork } from "./shared-work.ts";
import { rangeStart, type TextJob } from "./text-job.ts";
import type { WorkerTask } from "./worker-loop.ts";

/** Takes text, UTF-8, in the order of the file. */
export type WriteBytes = (bytes: Uint8Array) => SinkStatus;

/** Starts a thread that runs a task, and does not keep the program from ending. */
export type StartWorker = (task: WorkerTask) => void;

/**
 * Makes text of the ranges of a file in this thread and in another one, and joins it in order. A range counts only when it begins
 * where the one before ended, so that what was taken for the begin of an item was one. Ends early where a range has to be read in
 * order.
 *
 * @returns offset up to which the text was added
 */
export function formatInParallel(job: TextJob, sections: readonly Section[], write: WriteBytes, startWorker: StartWorker): number {
  const work = new SharedWork(job.ranges);
  try {
    startWorker({ job, buffer: work.buffer });
  } catch {
    // This thread does it all.
  }
  let formatter: RangeFormatter | undefined;
  try {
    formatter = new RangeFormatter(job, sections);
    return new Joining(job, work, formatter, write).run();
  } catch (error) {
    if (formatter !== undefined) throw error;
    return job.from; // What is wrong with the file is reported when it is read in order.
  } finally {
    work.stop();
    formatter?.close();
  }
}

class Joining {
  #offset: number;
  #next = 0;

  constructor(
    private readonly job: TextJob,
    private readonly work: SharedWork,
    private readonly formatter: RangeFormatter,
    private readonly write: WriteBytes,
  ) {
    this.#offset = job.from;
  }

  run(): number {
    let goesOn = true;
    while (goesOn && this.#next < this.job.ranges) {
      const range = this.work.has(this.#next) ? undefined : this.work.take();
      if (range === undefined) goesOn = this.#joinNext();
      else this.work.put(range, this.#format(range, range === this.#next ? this.#offset : undefined));
    }
    return this.#offset;
  }

  #format(range: number, from: number | undefined): RangeText | undefined {
    return this.formatter.format(range, this.work.bytes(range), from);
  }

  /** False when reading has to go on in order, or nobody reads any more. */
  #joinNext(): boolean {
    const range = this.#next;
    let result = this.work.get(range);
    // An item may be longer than ranges.
    const isWithin = this.#offset >= rangeStart(this.job, range + 1);
    if (!isWithin && result?.start !== this.#offset) result = this.#format(range, this.#offset);
    const goesOn = isWithin || (result !== undefined && this.#add(range, result));
    this.work.join(range);
    this.#next++;
    return goesOn;
  }

  #add(range: number, { end, length }: RangeText): boolean {
    this.#offset = end;
    return this.write(this.work.bytes(range).subarray(0, length)) === "ok";
  }
}
