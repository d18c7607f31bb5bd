/** A sink of a collector (core/api/event-sink.ts) as the commands know sinks: faults are contained, and what waits is bounded. */
import type { Event } from "../api/event.ts";
import type { EventSink, SinkDeclaration, SinkSource } from "../api/event-sink.ts";
import type { SeriesSink, SinkStatus } from "../api/sink.ts";
import { reasonOf, sinkFailed, TraceError } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { counted } from "../base/plural.ts";

/** Calls that may wait before {@link PluginSink.congested}. */
const waitingLimit = 1024;
/** Failures that end the command. */
const failureLimit = 100;
/** Milliseconds that one call may take. */
const usualCallMs = 10_000;
/** After so many milliseconds at the end it is said what the end waits for. */
const patienceMs = 1000;

/** A sink that was chosen, and the values of its options. */
export interface ChosenSink {
  /** Of the collector. */
  readonly name: string;
  readonly declaration: SinkDeclaration;
  readonly options: Readonly<Record<string, unknown>>;
}

interface Call {
  readonly act: () => void | Promise<void>;
  readonly events: number;
}

export class PluginSink implements SeriesSink {
  readonly #name: string;
  readonly #sink: EventSink;
  readonly #callMs: number;
  #waiting: Call[] = [];
  /** The call under way; undefined while the sink is idle. */
  #busy: Promise<void> | undefined;
  /** Events of that call. */
  #underWay = 0;
  #events = 0;
  #failed = 0;
  #failures = 0;
  #reason = "";
  #status: SinkStatus = "ok";
  #ended = false;
  #startupSeen = false;

  private constructor(name: string, sink: EventSink, callMs: number) {
    this.#name = name;
    this.#sink = sink;
    this.#callMs = callMs;
  }

  /** @throws TraceError `SINK` */
  static async begin({ name, declaration, options }: ChosenSink, source: SinkSource, callMs = usualCallMs): Promise<PluginSink> {
    try {
      const sink: unknown = await inTime(declaration.begin(source, options), callMs);
      if (typeof (sink as Partial<EventSink> | null | undefined)?.write !== "function")
        throw new TypeError("begin gave no object with a function write");
      return new PluginSink(name, sink as EventSink, callMs);
    } catch (error) {
      throw error instanceof TraceError ? error : sinkFailed(name, reasonOf(error));
    }
  }

  get congested(): boolean {
    return this.#status === "ok" && this.#waiting.length >= waitingLimit;
  }

  write(event: Event): void {
    if (!this.#isKnown(event)) this.#add({ act: () => this.#sink.write(event), events: 1 });
  }

  writeSeries(series: readonly Event[]): void {
    if (series.length === 1 && this.#isKnown(series[0]!)) return;
    if (this.#sink.writeSeries === undefined) for (const event of series) this.write(event);
    else this.#add({ act: () => this.#sink.writeSeries?.(series), events: series.length });
  }

  flush(): SinkStatus {
    if (this.#busy === undefined && this.#sink.flush !== undefined) this.#add({ act: () => this.#sink.flush?.(), events: 0 });
    return this.#status;
  }

  /** What the first startup event says was given to `begin`; those of further parts of a rotated file are events. */
  #isKnown(event: Event): boolean {
    if (this.#startupSeen || event["startup"] === undefined) return false;
    this.#startupSeen = true;
    return true;
  }

  /** Only {@link end} waits for what is under way. */
  close(): SinkStatus {
    return this.#status;
  }

  /** Waits for calls that wait, and ends the sink; further calls of this do nothing. */
  async end(): Promise<SinkStatus> {
    if (this.#ended) return this.#status;
    this.#ended = true;
    const notice = setTimeout(() => this.#sayWhatWaits(), patienceMs);
    while (this.#busy !== undefined && this.#status === "ok") await this.#busy;
    clearTimeout(notice);
    const summary = { events: this.#events, failed: this.#failed };
    this.#add({ act: () => this.#sink.end?.(summary), events: 0 });
    // It may have been given up for a call that does not return: the end is tried all the same.
    if (this.#status !== "ok") await this.#endAnyhow(summary);
    await this.#busy;
    if (this.#status === "ok" && this.#failures > 0) this.#fail();
    return this.#status;
  }

  #sayWhatWaits(): void {
    const events = this.#waiting.reduce((sum, call) => sum + call.events, this.#underWay);
    if (events > 0) log.info(`Sink ${this.#name} still has ${counted(events, "event")} to take; interrupt again to end without them`);
  }

  async #endAnyhow(summary: { readonly events: number; readonly failed: number }): Promise<void> {
    try {
      await inTime(this.#sink.end?.(summary), this.#callMs);
    } catch {
      // The fault before is the one to report.
    }
  }

  #add(call: Call): void {
    if (this.#status !== "ok") return;
    this.#events += call.events;
    if (this.#busy === undefined) this.#call(call);
    else this.#waiting.push(call);
  }

  #call({ act, events }: Call): void {
    try {
      const result = act();
      if (!(result instanceof Promise)) return;
      this.#underWay = events;
      this.#busy = inTime(result, this.#callMs)
        .catch((error: unknown) => this.#failure(error, events))
        .then(() => this.#next());
    } catch (error) {
      this.#failure(error, events);
    }
  }

  #next(): void {
    this.#busy = undefined;
    while (this.#busy === undefined && this.#status === "ok") {
      const call = this.#waiting.shift();
      if (call === undefined) return;
      this.#call(call);
    }
  }

  #failure(error: unknown, events: number): void {
    this.#failed += events;
    this.#reason ||= reasonOf(error);
    if (this.#failures++ === 0) log.warn(`Sink ${this.#name}: ${this.#reason}`);
    if (error instanceof Late || this.#failures >= failureLimit) this.#fail();
  }

  #fail(): void {
    this.#waiting = [];
    const part = this.#failed > 0 ? `${this.#failed} of ${counted(this.#events, "event")} not written: ` : "";
    this.#status = sinkFailed(this.#name, `${part}${this.#reason}`);
  }
}

/** A call did not end in time. */
class Late extends Error {}

async function inTime<T>(result: T | Promise<T>, milliseconds: number): Promise<T> {
  if (!(result instanceof Promise)) return result;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Late(`it did not answer within ${milliseconds} ms`)), milliseconds);
  try {
    return await Promise.race([result, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
