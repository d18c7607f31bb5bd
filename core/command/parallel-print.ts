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

/** Prints the middle of a large file by two threads. */
export class ParallelPrint {
  readonly #sections: readonly Section[];
  readonly #options: StdoutOptions;
  readonly #startWorker: CommandContext["startWorker"] | undefined;
  #changes = 0;
  #wasRun = false;

  constructor(sections: readonly Section[], options: StdoutOptions & { readonly startWorker: CommandContext["startWorker"] | undefined }) {
    this.#sections = sections;
    this.#options = options;
    this.#startWorker = options.startWorker;
  }

  /** Notes what changes how later events are shown. */
  observe(event: Event): void {
    if (changesLaterText(event)) this.#changes++;
  }

  /** Prints what two threads can print of what follows, if that is worth it; the reader goes on after that. Once. */
  run(reader: EventReader, sink: TextSink): SinkStatus {
    const startWorker = this.#startWorker;
    const job = startWorker && this.#job(reader);
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
