import { statSync, unlinkSync } from "node:fs";
import type { Event } from "../../api/event.ts";
import type { SeriesSink } from "../../api/sink.ts";
import type { OutputFile } from "../../api/collect-options.ts";
import { type FileHeader, headerItem, startupEvent } from "../../file/header.ts";
import { EventFileWriter } from "../../file/writer.ts";
import type { SeriesReader, SeriesPart } from "../../sort/series-reader.ts";
import { SeriesBytes } from "../../sort/series-bytes.ts";
import type { ReaderStages } from "../../stages/reader-stages.ts";
import { TextSink } from "../../output/text-sink.ts";
import { DamagedEvents } from "../damaged-events.ts";
import type { SignalAbort } from "../../signals/abort-on-signal.ts";

/** How long to wait for a reader that takes nothing at the moment, in milliseconds. */
const congestedDelay = 5;

/** Where sorted events go: a file, a sink for stdout, or both. */
export class SortedOutput {
  readonly #writer: EventFileWriter | undefined;
  readonly #bytes: SeriesBytes | undefined;
  readonly #path: string | undefined;
  readonly #damaged = new DamagedEvents();
  readonly #stages: ReaderStages | undefined;
  #sink: SeriesSink | undefined;

  /**
   * @param stages what collectors make of the events of the file
   * @param check called while the reader of a FIFO is awaited; throws to give up
   * @throws TraceError FILE_WRITE, FILE_IN_USE
   */
  constructor(
    header: FileHeader,
    file: Pick<OutputFile, "path" | "form" | "zstd"> | undefined,
    sink: SeriesSink | undefined,
    check: () => void,
    stages?: ReaderStages,
  ) {
    this.#sink = sink;
    this.#stages = stages?.any ? stages : undefined;
    if (file === undefined) return;
    this.#path = file.path;
    this.#writer = new EventFileWriter({ ...file, header: () => header, series: true, check });
    this.#bytes = new SeriesBytes(file.form, this.#writer);
  }

  /** Whether anybody still wants events. */
  get isWanted(): boolean {
    return this.#writer !== undefined || this.#sink !== undefined;
  }

  /** Shows the startup event; `asFile` as the first item of a sorted file, for programs that read one from stdout. */
  showHeader(header: FileHeader, asFile: boolean): void {
    const item = headerItem(header, { series: true });
    this.#sink?.writeSeries([asFile ? item : startupEvent(item as never)]);
  }

  /** Writes a part of the series that `reader` is at. */
  writePart(reader: SeriesReader, part: SeriesPart): void {
    if (this.#stages === undefined) this.#bytes?.write(reader, part);
    else this.#damaged.guard(() => this.#writeEvents(reader.readPart(part)));
    this.#damaged.guard(() => this.#showPart(reader, part));
  }

  /** What stages make of events is not in the bytes of the input. */
  #writeEvents(series: readonly Event[]): void {
    if (this.#writer === undefined) return;
    const written = this.#stages?.applyAll(series) ?? series;
    if (written.length > 0) this.#writer.writeSeries(written);
  }

  #showPart(reader: SeriesReader, part: SeriesPart): void {
    const sink = this.#sink;
    if (sink instanceof TextSink) sink.writeVisited((show) => reader.visitPart(part, show));
    else sink?.writeSeries(reader.readPart(part));
  }

  /** Writes a series as it is. */
  writeSeries(series: readonly Event[]): void {
    this.#damaged.guard(() => this.#writeEvents(series));
    this.#damaged.guard(() => this.#sink?.writeSeries(series));
  }

  /** Hands on what is to be shown; a reader that has gone away gets no more. @throws TraceError OUTPUT_WRITE, SignalReceived */
  async flush(abort: SignalAbort): Promise<void> {
    const status = this.#sink?.flush();
    if (typeof status === "object") throw status;
    if (status === "reader-gone") this.#sink = undefined;
    while (this.#sink?.congested) {
      await Bun.sleep(congestedDelay);
      await this.flush(abort);
    }
    abort.check();
  }

  /** Completes the file. Returns 1 when events were left out, else 0. @throws TraceError FILE_WRITE */
  close(): 0 | 1 {
    const status = this.#damaged.report();
    this.#bytes?.flush();
    this.#writer?.close();
    return status;
  }

  /** Removes a file that will not become complete, so that nobody takes it for the whole. */
  discard(): void {
    if (this.#path === undefined) return;
    try {
      this.#writer?.close();
    } finally {
      if (statSync(this.#path, { throwIfNoEntry: false })?.isFile()) unlinkSync(this.#path);
    }
  }
}
