/** Where a collector hands events: `-o plugin:NAME,OPTION=VALUE` of `collect`, `print` and `sort`. */
import type { Static, TObject } from "@sinclair/typebox";
import type { Event, SectionData } from "./event.ts";

/** Of a recording: what the first item of an event file says. */
export interface EventHeader {
  /** Version, command line, offset of the clocks, machine; see docs/file-format.md. */
  readonly startup: SectionData;
  /** Name of the host that recorded. */
  readonly host?: string;
  /** JSON Schema (draft 2020-12) of the events; absent from files that have none. */
  readonly schema?: Readonly<Record<string, unknown>>;
}

/** What `begin` of a sink is given. */
export interface SinkSource extends EventHeader {
  /** Files that are read: do not write to them. */
  readonly inputs: readonly string[];
}

/** How it went, at the end. */
export interface SinkSummary {
  /** Events that the sink was given. */
  readonly events: number;
  /** Those of them for which it failed. */
  readonly failed: number;
}

/**
 * Takes the events one after the other: the next call comes when the promise of the last one is fulfilled. Meanwhile 1024 events wait; then reading
 * waits, and when tracing, the kernel's ring buffer fills. A call that takes longer than 10 s, and the 100th one that throws, end the command.
 */
export interface EventSink {
  /** Takes an event, after the stages of collectors (drops have a `class`). It is not to be changed. */
  write(event: Event): void | Promise<void>;
  /** Takes the events of a packet from `sort`; without it, each is given to `write`. */
  writeSeries?(events: readonly Event[]): void | Promise<void>;
  /** No more events are there at the moment: send what was gathered. */
  flush?(): void | Promise<void>;
  /** Called once, at the end, also of a run that is interrupted. */
  end?(summary: SinkSummary): void | Promise<void>;
}

/** Declaration of a sink. `O` is the TypeBox schema of its options; `tlsKey` is `tls-key=VALUE` on the command line. */
export interface SinkDeclaration<O extends TObject = TObject> {
  /** One line for `collector show`. */
  readonly summary: string;
  /** As `Collector.options`: each optional or with a default. */
  readonly options?: O;
  /** Opens the sink; what it throws ends the command before there are events. */
  begin(source: SinkSource, options: Static<O>): EventSink | Promise<EventSink>;
}

/** Declares a sink; keeps the schema's type for `begin`. */
export function defineSink<O extends TObject>(sink: SinkDeclaration<O>): SinkDeclaration {
  return sink as unknown as SinkDeclaration;
}
