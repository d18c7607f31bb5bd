import type { Event } from "../api/event.ts";
import type { Section } from "../api/section.ts";
import type { SinkStatus } from "../api/sink.ts";
import { wantsColour } from "../base/colour.ts";
import { stdoutDescriptor } from "../base/stdout.ts";
import { streamOf } from "../base/terminal.ts";
import type { CommandContext } from "../cli/cli-command.ts";
import type { EventReader } from "../file/reader.ts";
import type { StdoutOptions } from "../output/stdout-sink.ts";
import type { TextSink } from "../output/text-sink.ts";
import { formatInParallel } from "../parallel/parallel-text.ts";
import { changesLaterText } from "../parallel/range-text.ts";
import { type TextJob, usualRangeSize } from "../parallel/text-job.ts";

/** Files of which less than this is left are read by one thread: another one has to compile the same code first. */
const leastBytes = 384 * 1024 * 1024;
/** So many events of what is read at once, 1 MiB, are made into text one by one: one thread is as fast as two where there are fewer. */
const leastGiven = 500;

/** Prints the middle of a large file by two threads. */
export class ParallelPrint {
  readonly #sections: readonly Section[];
  readonly #options: StdoutOptions;
  readonly #startWorker: CommandContext["startWorker"] | undefined;
  #changes = 0;
  /** Events that were given since {@link run} was called: the others were written where they were read. */
  #given = 0;
  #wasRun = false;

  constructor(sections: readonly Section[], options: StdoutOptions & { readonly startWorker: CommandContext["startWorker"] | undefined }) {
    this.#sections = sections;
    this.#options = options;
    this.#startWorker = options.startWorker;
  }

  /** Notes what changes how later events are shown. */
  observe(event: Event): void {
    this.#given++;
    if (changesLaterText(event)) this.#changes++;
  }

  /** Notes an event that resembles earlier ones. */
  observeMatched(): void {
    this.#given++;
  }

  /** Prints what two threads can print of what follows, if that is worth it; the reader goes on after that. Once. */
  run(reader: EventReader, sink: TextSink): SinkStatus {
    const startWorker = this.#startWorker;
    const isSlow = this.#given >= leastGiven;
    this.#given = 0;
    const job = isSlow ? startWorker && this.#job(reader) : undefined;
    if (job === undefined) return "ok";
    reader.seekable!.seek(formatInParallel(job, this.#sections, (bytes) => sink.addBytes(bytes), startWorker!));
    return sink.flush();
  }

  #job(reader: EventReader): TextJob | undefined {
    const { format, linkLayer, time, fd } = this.#options;
    const stdout = streamOf(stdoutDescriptor());
    const file = reader.seekable;
    const from = file?.position;
    if (this.#wasRun || from === undefined || this.#changes !== 1 || stdout.isTTY || fd !== undefined) return undefined;
    if (time === "delta" || (format !== "single-line" && format !== "multi-line")) return undefined;
    const left = file!.size - from;
    if (left < leastBytes || process.getBuiltinModule("node:os").availableParallelism() < 2) return undefined;
    this.#wasRun = true;
    const ranges = Math.floor(left / usualRangeSize);
    return { path: file!.samePath, format, linkLayer, time, colour: wantsColour(stdout), from, rangeSize: usualRangeSize, ranges };
  }
}
