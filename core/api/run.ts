/** What a collector may do while a run goes on; `start` and `stop` get it. */
import type { Event, SectionData } from "./event.ts";
import type { Host } from "./host.ts";

/** A key or value of a map as its C type says; see {@link RunMap}. */
export type MapValue = number | bigint | boolean | string | Uint8Array | readonly MapValue[] | { readonly [member: string]: MapValue };

/**
 * A map that the collector's hooks define, typed by their BTF: integers, enums and pointers are numbers (a bigint when not a
 * safe integer), `char[]` is a string, `u8[]` a Uint8Array, other arrays are lists, structs are objects of their members.
 * Members that are left out when writing are 0. A value of a per-CPU map is a list with one value per possible CPU.
 *
 * Methods throw a TypeError or RangeError for a value that does not fit the type, and a TraceError when the kernel refuses.
 */
export interface RunMap<K = MapValue, V = MapValue> {
  readonly name: string;
  /** Entries that the map has room for. */
  readonly maxEntries: number;
  /** Undefined when there is no such key. */
  get(key: K): V | undefined;
  /** Adds or replaces. Of a per-CPU map the value of each CPU. */
  set(key: K, value: V): void;
  /** Whether the key was there. Arrays have no keys that can be deleted. */
  delete(key: K): boolean;
  /**
   * Walks over the entries in no order, read from the kernel in batches, `limit` entries at most. What programs add or
   * delete meanwhile may be missing; entries that were there all the time come exactly once from hashes.
   */
  entries(limit?: number): IterableIterator<readonly [K, V]>;
}

/** Called with a section of an event, and the event. It must not keep the thread busy: records wait meanwhile. */
export type SectionObserver<T extends SectionData = SectionData> = (data: T, event: Event) => void;

/**
 * Decides what is written in place of an event that has the section: the event as it is, one with sections of the collector's own
 * added or replaced (`{ ...event, mine: { … } }`), or undefined to leave it out. A promise: the event waits, later ones do not.
 */
export type EventStage<T extends SectionData = SectionData> = (data: T, event: Event) => Event | undefined | Promise<Event | undefined>;

/** A run, from `start` to the end of `stop`. What was begun through it ends with it. `O`: the values of the collector's options. */
export interface Run<O = Readonly<Record<string, unknown>>> extends Host {
  /** What `setup` got. */
  readonly options: O;
  /**
   * Adds an event of the collector's own: sections by key, of those that it declares, with the present time unless one is
   * given (CLOCK_MONOTONIC, nanoseconds). It goes wherever the run's events go; from `start` on, and still within `stop`.
   * @returns false when too many wait to be written; the event is counted as lost then
   * @throws TypeError for sections that are not the collector's, or lack properties of their schema
   */
  emit(sections: Readonly<Record<string, SectionData>>, timestamp?: number | bigint): boolean;
  /** @throws TypeError when no hook of this run defines the map, or each load of programs has its own */
  map<K = MapValue, V = MapValue>(name: string): RunMap<K, V>;
  /**
   * Calls back for each event that has the section, of whichever collector, after the event was written. Events without it
   * cost nothing more than in a run without observers. An observer that throws is reported once and counted.
   * @param key of the section, e.g. `skb-drop`
   * @throws TypeError when no collector of this run has such a section
   */
  observe(key: string, observer: SectionObserver): void;
  /**
   * Has `decide` say what is written of each event that has the section, of whichever collector; see {@link EventStage}. Several
   * stages follow each other in the order of the collectors. One that throws changes nothing; that is reported once and counted.
   * It must not keep the thread busy. Observers see what is written.
   * @param within milliseconds that an event may wait for a promise, 1000 by default; it is written as it is then, and counted. At
   *   most 1024 events wait; further ones do not.
   * @throws TypeError when no collector of this run has such a section
   */
  stage(key: string, decide: EventStage, options?: { readonly within?: number }): void;
  /**
   * Calls `work` every `milliseconds` (at least 10) until the run ends, first after that time. A call that has not ended, if
   * it is asynchronous, is not made again meanwhile. A call may come up to a tenth of the time early, together with others.
   */
  every(milliseconds: number, work: (signal: AbortSignal) => void | Promise<void>): void;
  /** Calls `work` once, after that many milliseconds, unless the run has ended by then. */
  after(milliseconds: number, work: (signal: AbortSignal) => void | Promise<void>): void;
  /**
   * Starts work that takes time: a dialogue over a socket, a child process, a file. Only while such work, or an asynchronous
   * call of {@link every}, is under way do timers of JavaScript get their turn at once; at other times they may be 100 ms late.
   * Sockets and the ends of child processes always get theirs.
   * @param work should end soon after `signal` is aborted, which is when the run ends; it gets 250 ms for that
   */
  background(work: (signal: AbortSignal) => Promise<void>): void;
  /** Counts what the collector could not report: one of `losses` that it declares. Shown with those of the hooks. */
  lost(loss: string, count?: number): void;
}
