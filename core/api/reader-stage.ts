/** What becomes of events where they are shown or counted, as the collectors in use say. */
import type { Event, SectionData } from "./event.ts";

/** Where the events go that a {@link ReaderStage} decides about. `file`: the event file that `sort` writes; `sink`: `-o plugin:NAME`. */
export type ReaderOutput = "multi-line" | "single-line" | "compact" | "flat" | "json" | "file" | "sink" | "statistics";

/** What `readerStages` is given. */
export interface ReaderContext {
  readonly output: ReaderOutput;
  /**
   * Loads what is known about drops. The function gives the class of one: `problem`, `normal` or `unknown`, from what all built-in collectors,
   * and those in use, say; undefined for an event that is not a drop.
   */
  dropClasses(): Promise<(event: Event) => string | undefined>;
}

/**
 * Decides what is shown of an event that has the section, as `Run.stage` does of what is written: the event as it is, one with
 * sections of the collector's own added or replaced, or undefined to leave it out. It answers at once: a promise is a fault.
 */
export type ReaderStage<T extends SectionData = SectionData> = (data: T, event: Event) => Event | undefined;

/** Stages by the keys of sections, of whichever collector, e.g. `skb-drop`. */
export type ReaderStages = Readonly<Record<string, ReaderStage>>;
