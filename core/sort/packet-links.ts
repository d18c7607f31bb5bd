import type { Correlation } from "../api/section.ts";
import { BoundedMap } from "./bounded-map.ts";
import type { SeriesId } from "./series-index.ts";

/** Keys, and ids of packets, that are remembered. */
const remembered = 65_536;
/** Packets that are noted under one key; with more, the oldest are forgotten. */
const notedAtOnce = 8;
/** After so long, nanoseconds, a key means another packet. */
const forgottenAfter = 10_000_000_000n;

interface Noted {
  readonly series: SeriesId;
  readonly time: bigint;
}

/** What is known of an event apart from its section. */
export interface LinkedEvent {
  /** The series of the event's own packet, if it has one. */
  readonly own: SeriesId | undefined;
  /** Keys of different scopes are different: recording and section. */
  readonly scope: string;
  /** `common.timestamp`, nanoseconds. */
  readonly time: bigint;
}

/**
 * Joins events with packets as their sections say (`Correlation`): events that carry no packet, or that carry one which was
 * another before. Events are taken in the order of the file. What cannot be joined stays as it is, and is counted if it has no
 * packet of its own.
 */
export class PacketLinks {
  /** Events without a packet whose key nothing was noted under. */
  orphans = 0;
  readonly #noted = new BoundedMap<Noted[]>(remembered);
  readonly #merged = new BoundedMap<SeriesId>(remembered);
  /** Packets that were noted under some key: they are no others than they say. */
  readonly #known = new BoundedMap<true>(remembered);

  /** The series that a packet's events belong to: another one than its id says after it was merged. */
  seriesOf(own: SeriesId): SeriesId {
    return this.#merged.size === 0 ? own : (this.#merged.get(keyOf(own)) ?? own);
  }

  /** The series of an event whose section says how it is joined. */
  link({ joins, takes = false, merges = false, notes = [], forgets = [] }: Correlation, event: LinkedEvent): SeriesId | undefined {
    const { own, scope, time } = event;
    const packet = own && this.seriesOf(own);
    const isItself = merges && packet !== undefined && this.#known.get(keyOf(packet)) === true;
    const joined = joins && this.#join(joins, takes, { packet, isItself }, event);
    if (joins && !joined && !own) this.orphans++;
    const series = joined ?? packet;
    if (merges && joined && own && keyOf(own) !== keyOf(joined)) this.#merged.set(keyOf(own), joined);
    if (series) for (const key of notes) this.#note(`${scope}/${key}`, { series: copyOf(series), time });
    for (const key of forgets) this.#noted.delete(`${scope}/${key}`);
    return series;
  }

  /**
   * The packet itself, if it is among those that are noted under the first key with any; else the one that was noted first.
   * @param isItself the packet cannot be another one; then only the first key is looked at, as others are for want of it
   */
  #join(
    keys: readonly string[],
    takes: boolean,
    { packet, isItself }: { readonly packet: SeriesId | undefined; readonly isItself: boolean },
    { scope, time }: LinkedEvent,
  ): SeriesId | undefined {
    for (const key of isItself ? keys.slice(0, 1) : keys) {
      const noted = this.#noted.get(`${scope}/${key}`)?.filter((one) => time - one.time < forgottenAfter);
      if (!noted || noted.length === 0) continue;
      const itself = packet ? noted.findIndex(({ series }) => keyOf(series) === keyOf(packet)) : -1;
      if (isItself && itself < 0) return packet;
      const at = Math.max(0, itself);
      const { series } = noted[at]!;
      if (takes) this.#noted.set(`${scope}/${key}`, noted.toSpliced(at, 1));
      return series;
    }
    return undefined;
  }

  #note(key: string, noted: Noted): void {
    this.#known.set(keyOf(noted.series), true);
    const others = this.#noted.get(key) ?? [];
    this.#noted.set(key, [...others.slice(1 - notedAtOnce), noted]);
  }
}

function keyOf({ clock, time, head }: SeriesId): string {
  return `${clock}/${time.high}/${time.low}/${head.high}/${head.low}`;
}

/** The ids that are handed in change with the event at hand. */
function copyOf({ clock, time, head }: SeriesId): SeriesId {
  return { clock, time: time.copy(), head: head.copy() };
}
