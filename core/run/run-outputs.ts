/** Where the events of a collection go: stdout, a file, or both. */
import { hostname, machine, release, version } from "node:os";
import type { Event } from "../api/event.ts";
import type { Section } from "../api/section.ts";
import type { Sink, SinkStatus } from "../api/sink.ts";
import { TraceError } from "../base/errors.ts";
import type { CollectOptions } from "../api/collect-options.ts";
import { eventSchema } from "../event/json-schema.ts";
import type { RecordCodec } from "../event/record.ts";
import { noRoom } from "../event/section-codec.ts";
import type { WireBuffer } from "../event/wire-buffer.ts";
import { CborToJson } from "../file/cbor-to-json.ts";
import type { FileHeader } from "../file/header.ts";
import { EventFileWriter } from "../file/writer.ts";
import { kernelNow } from "../libbpf/clock.ts";
import { u64FromBigInt } from "../api/event.ts";
import type { RecordsCapture } from "../records/capture.ts";
import type { WallClock } from "./wall-clock.ts";
import type { EventStages } from "./services/event-stages.ts";
import type { SectionObservers } from "./services/section-observers.ts";

/** Bytes collected before they are handed to the file writer. */
const encodeBufferBytes = 512 * 1024;
/** The same as lines of JSON, which are about twice as long. */
const lineBufferBytes = 1024 * 1024;

/** Sees each event before the outputs do; gives the event that they get. */
export type EventObserver = (event: Event) => Event;

/** What of a run every output needs. */
export interface RunFacts {
  readonly sections: readonly Section[];
  readonly versionText: string;
  /** Called while the reader of a FIFO is awaited; throws to give up. */
  readonly check: () => void;
  readonly wallClock: WallClock;
}

/** Makes the header of each part of a file. */
export function headerMaker(options: CollectOptions, facts: RunFacts): () => FileHeader {
  const schema = eventSchema(facts.sections);
  const startup = {
    retis_version: facts.versionText,
    cmdline: options.commandLine,
    clock_monotonic_offset: facts.wallClock.initial,
    machine: { kernel_release: release(), kernel_version: version(), hardware_name: machine() },
  };
  return () => {
    const { changes } = facts.wallClock;
    const common = { timestamp: u64FromBigInt(kernelNow()) };
    return { common, startup, ...(changes === undefined ? {} : { clock: changes }), host: hostname(), schema };
  };
}

/** Owns the file and the sink of a run. When one of them fails, the other still gets what there is. */
export class RunOutputs {
  readonly #file: EventFileWriter | undefined;
  readonly #sink: Sink | undefined;
  readonly #raw: boolean;
  readonly #observe: EventObserver | undefined;
  readonly #observers: SectionObservers;
  readonly #stages: EventStages;
  readonly #capture: RecordsCapture | undefined;
  /** Of files in JSON: events are CBOR first. */
  readonly #toJson: CborToJson | undefined;
  readonly #encoded = new Uint8Array(encodeBufferBytes);
  #used = 0;
  #encodedEvents = 0;
  /** The sink counts events instead of showing them. */
  #counting = false;
  #unshown = 0;
  #fileStatus: SinkStatus = "ok";
  #sinkStatus: SinkStatus = "ok";

  /**
   * @param stages decide what is written of events with certain sections
   * @param observers are called for events with certain sections, which are decoded for them
   * @param observe sees every event as an object, which takes the slower path
   * @param capture gets every record as it is
   * @throws TraceError when the file cannot be created
   */
  constructor(
    options: CollectOptions,
    facts: RunFacts,
    sink: Sink | undefined,
    {
      observers,
      stages,
      observe,
      capture,
    }: {
      readonly observers: SectionObservers;
      readonly stages: EventStages;
      readonly observe: EventObserver | undefined;
      readonly capture?: RecordsCapture | undefined;
    },
  ) {
    const { out } = options;
    this.#sink = sink;
    this.#observers = observers;
    this.#stages = stages;
    this.#observe = observe;
    this.#capture = capture;
    // Lines of rotated files are counted one by one.
    this.#raw = out !== undefined && (out.form === "cbor" || out.rotate === undefined) && !observe;
    if (!out) return;
    if (this.#raw && out.form === "json") this.#toJson = new CborToJson(lineBufferBytes);
    this.#file = new EventFileWriter({
      path: out.path,
      form: out.form,
      zstd: out.zstd,
      check: facts.check,
      header: headerMaker(options, facts),
      ...(out.rotate === undefined ? {} : { rotate: out.rotate }),
    });
  }

  /**
   * Takes one record of the ring; nothing of it is kept. A JavaScript object is made only when one is needed.
   * @returns whether it is an event of the run: not when a stage left it out
   */
  record(codec: RecordCodec, buffer: WireBuffer, at: number, length: number): boolean {
    const [observers, stages] = [this.#observers, this.#stages];
    this.#capture?.record(buffer.u8.subarray(at, at + length));
    observers.seen = false;
    stages.seen = false;
    const encoded = this.#raw ? this.#encode(codec, buffer, at, length) : 0;
    if (this.#raw && !observers.seen && !stages.seen && this.#isDone()) return true;
    const decoded = codec.decode(buffer, at, length);
    if (!decoded) return true;
    const event = this.#observe?.(decoded) ?? decoded;
    if (stages.seen) return this.#staged(event, encoded);
    this.#show(event);
    if (!this.#raw && this.#file) this.#guard(() => this.#file?.writeEvent(event));
    if (observers.seen) observers.notify(event);
    return true;
  }

  /** Writes what stages make of an event, in place of what was encoded of it already. */
  #staged(event: Event, encoded: number): boolean {
    if (encoded > 0) {
      this.#used -= encoded;
      this.#encodedEvents--;
    }
    const written = this.#stages.apply(event);
    if (typeof written === "string") return written === "waiting";
    this.emit(written);
    if (this.#observers.seen) this.#observers.notify(written);
    return true;
  }

  /** Takes an event that was made in user space. */
  emit(event: Event): void {
    this.#show(event);
    this.note(event);
  }

  /** Takes an event about the run itself; it goes to the file only, as reports on stderr say the same. */
  note(event: Event): void {
    this.#flushEncoded();
    this.#guard(() => this.#file?.writeUserEvent(event));
  }

  /** Hands over what was collected; call it after each batch and when idle. */
  flush(): SinkStatus {
    this.#flushEncoded();
    this.#guard(() => this.#file?.flushIfDue(performance.now()));
    this.#capture?.flush();
    this.#sinkStatus = this.#sink?.flush() ?? "ok";
    return this.#status;
  }

  /** Milliseconds until {@link flush} has something to do although no record comes; infinite when it has nothing. */
  untilFlush(): number {
    const never = Number.POSITIVE_INFINITY;
    const file = this.#fileStatus === "ok" ? (this.#file?.untilFlush(performance.now()) ?? never) : never;
    return Math.min(file, this.#sink?.untilFlush?.() ?? never);
  }

  /** Writes all that was collected to the file; the sink's reader may take its time after that. */
  storeFile(): void {
    this.#flushEncoded();
    this.#guard(() => this.#file?.flush());
  }

  /** Whether events are shown one by one, which takes longer than writing them to a file. */
  get shows(): boolean {
    return this.#sink !== undefined;
  }

  /**
   * From now on, events are no longer shown one by one, or are again. Those that are not are counted by kind, or, of forms for programs,
   * are in the file alone; without a file those go on as before.
   *
   * @returns whether events are counted now
   */
  count(crowded: boolean): boolean {
    this.#counting = crowded && this.#sink !== undefined && (this.#sink.count !== undefined || this.#file !== undefined);
    return this.#counting;
  }

  /** Events that were not shown one by one so far, and whether their kinds were shown. */
  get unshown(): { readonly events: number; readonly byKind: boolean } {
    return { events: this.#unshown, byKind: this.#sink?.count !== undefined };
  }

  /** Whether a reader takes nothing at the moment; take no more records until it does. */
  get congested(): boolean {
    return this.#sinkStatus === "ok" && this.#sink?.congested === true;
  }

  /** Flushes and closes everything. */
  close(): SinkStatus {
    this.#flushEncoded();
    this.#guard(() => this.#file?.close());
    this.#capture?.close();
    this.#sinkStatus = this.#sink?.close() ?? "ok";
    return this.#status;
  }

  /** Event files written, parts counted. */
  get files(): number {
    return this.#file?.files ?? 0;
  }

  get #status(): SinkStatus {
    const file = this.#fileStatus === "ok" ? (this.#capture?.failure ?? "ok") : this.#fileStatus;
    return file === "ok" ? this.#sinkStatus : file;
  }

  /** Whether nothing is left to do for an event that was encoded; counts it when it is for the file alone. */
  #isDone(): boolean {
    if (!this.#sink) return true;
    if (!this.#counting || this.#sink.count !== undefined) return false;
    this.#unshown++;
    return true;
  }

  #show(event: Event): void {
    if (!this.#counting) return this.#sink?.write(event);
    if (this.#sink?.count?.(event) ?? true) this.#unshown++;
  }

  /** @returns bytes that it took, the last of those that wait */
  #encode(codec: RecordCodec, buffer: WireBuffer, at: number, length: number): number {
    let end = codec.write(buffer, at, length, this.#encoded, this.#used);
    if (end === noRoom) {
      this.#flushEncoded();
      end = codec.write(buffer, at, length, this.#encoded, 0);
    }
    // The buffer is far larger than any record; without room even when empty, nothing was written.
    if (end === noRoom || end === this.#used) return 0;
    const bytes = end - this.#used;
    this.#used = end;
    this.#encodedEvents++;
    return bytes;
  }

  #flushEncoded(): void {
    const [used, events] = [this.#used, this.#encodedEvents];
    [this.#used, this.#encodedEvents] = [0, 0];
    if (used > 0) this.#guard(() => this.#writeEncoded(used, events));
  }

  #writeEncoded(used: number, events: number): void {
    const file = this.#file;
    if (this.#toJson === undefined) file?.writeCbor(this.#encoded, 0, used, events);
    else this.#toJson.convert(this.#encoded, used, (lines, end, count) => file?.writeLines(lines, 0, end, count));
  }

  #guard(write: () => void): void {
    if (this.#fileStatus !== "ok") return;
    try {
      write();
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      this.#fileStatus = error;
    }
  }
}
