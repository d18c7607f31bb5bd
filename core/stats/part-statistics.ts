/** What the events of one part of a file amount to. */
import { type Event, isU64, type SectionData, type U64 } from "../api/event.ts";
import { formatUtc } from "../base/time.ts";
import { ClockOffsets } from "../file/clock-offsets.ts";
import type { Startup } from "../file/header.ts";
import { isRecord } from "../file/normalize-event.ts";
import { HeaderCache } from "../packet/header-cache.ts";
import type { MatchedEvent } from "../pattern/matched-event.ts";
import { type DevicePlace, DeviceTally } from "./device-tally.ts";
import { dropReasonOf, droppingFunction } from "./drop.ts";
import { flowOf } from "./flow.ts";
import { JoinedNames } from "./joined-names.ts";
import { type Counter, type Ranking, Tally } from "./tally.ts";
import { TimeLine, type TimeLineStatistics } from "./time-line.ts";

/** A point in time. */
export interface EventTime {
  /** CLOCK_MONOTONIC, nanoseconds. */
  readonly timestamp: U64;
  /** `YYYY-MM-DD HH:MM:SS.ffffff`; the timestamp's digits when it is beyond the calendar. */
  readonly utc: string;
}

/** Named as in JSON, which `retis stats --json` prints it as. Of an empty count only the total is there. */
export interface PartStatistics {
  readonly retis_version: string;
  readonly cmdline: string;
  /** Position among the parts of a rotated file. */
  readonly split_index?: number;
  /** Only of sorted files. */
  readonly series?: number;
  /** Events of probes. */
  readonly events: number;
  /** Further events, which no probe made, e.g. translations of flows; neither startup nor losses. */
  readonly events_without_probe: number;
  /** The first in the file. */
  readonly first_event?: EventTime;
  /** The one with the largest timestamp. */
  readonly last_event?: EventTime;
  /** Mean from the smallest to the largest timestamp; absent when both are the same. */
  readonly events_per_second?: number;
  /** `<type>/<symbol>`, all of them. */
  readonly probes: Ranking;
  readonly drops: {
    readonly total: U64;
    readonly by_reason: Ranking;
    /** `problem`, `normal`, `unknown`. */
    readonly by_class: Ranking;
    readonly by_device: Ranking;
    readonly by_function: Ranking;
    readonly by_flow: Ranking;
  };
  /** Events of probes and drops among them by time; absent where there is nothing to compare. */
  readonly over_time?: TimeLineStatistics;
  readonly lost: { readonly total: U64; readonly by_probe: Ranking };
  /** Probe hits that no filter saw; absent when there are none. */
  readonly skipped?: { readonly total: U64; readonly by_probe: Ranking };
}

/** Class of the drop that an event is; undefined for other events. */
export type EventClassifier = (event: Event) => string | undefined;

/** What events of a pattern are counted as. */
interface PatternCounters {
  readonly probe: Counter;
  /** Undefined when they are not drops. */
  readonly drop: DropCounters | undefined;
  /** Which of their integers is the time. */
  readonly timestamp: number;
}

interface DropCounters {
  readonly reason: Counter;
  readonly device: DevicePlace | undefined;
  readonly dropper: Counter | undefined;
  /** By the flow, which decides together with the pattern. */
  readonly classes: Map<Counter, Counter | undefined>;
}

/** Flows whose classes are remembered for a pattern. */
const maxClasses = 4096;

/** Counts the events that follow one startup event. */
export class PartCounter {
  readonly #startup: Startup;
  readonly #probes = new Tally();
  readonly #drops = { reasons: new Tally(), classes: new Tally(), devices: new DeviceTally(), functions: new Tally(), flows: new Tally() };
  readonly #losses = new Tally();
  readonly #skipped = new Tally();
  readonly #timeLine: TimeLine;
  readonly #classOf: EventClassifier;
  readonly #offsets: ClockOffsets;
  readonly #probeNames = new JoinedNames("/");
  /** Of packets of the frequent kind, by their headers. */
  readonly #frequentFlows = new HeaderCache((packet) => this.#flowCounter(packet));
  #series = 0;
  #events = 0;
  #withoutProbe = 0;
  #first: U64 | undefined;
  #smallest: U64 = 0;
  #largest: U64 = 0;

  /**
   * @param header the startup event
   * @param interval of the counts over time, nanoseconds; undefined: chosen by the length of the recording
   * @param classOf by default drops are not counted by class
   */
  constructor(header: { readonly startup: Startup }, interval?: number, classOf: EventClassifier = () => undefined) {
    this.#classOf = classOf;
    const { startup } = header;
    this.#startup = startup;
    this.#offsets = new ClockOffsets(startup.clock_monotonic_offset);
    this.#offsets.observe(header as unknown as Event);
    this.#timeLine = new TimeLine((timestamp) => this.#offsets.at(timestamp) ?? 0n, interval);
  }

  countSeries(): void {
    this.#series++;
  }

  /** @throws TraceError `INTERVAL_TOO_SHORT` */
  count(event: Event): void {
    const { kernel, userspace, common } = event;
    const probe = kernel ?? userspace;
    if (probe === undefined) return this.#countOther(event);
    this.#events++;
    this.#probes.add(this.#probeName(probe));
    const reason = dropReasonOf(event);
    if (reason !== undefined) this.#countDrop(event, reason);
    const timestamp = common?.["timestamp"];
    if (typeof timestamp === "number" || typeof timestamp === "bigint") this.#countTime(timestamp, reason !== undefined);
  }

  /** Like {@link count}, for one that resembles earlier ones. @throws TraceError `INTERVAL_TOO_SHORT` */
  countMatched(event: MatchedEvent): void {
    const counters = event.pattern.noteOf(this, () => this.#patternCounters(event));
    if (counters === undefined) return this.count(event.toEvent());
    this.#events++;
    counters.probe.increment();
    if (counters.drop !== undefined) this.#countMatchedDrop(event, counters.drop);
    this.#countTime(event.number(counters.timestamp), counters.drop !== undefined);
  }

  #countMatchedDrop(event: MatchedEvent, { reason, device, dropper, classes }: DropCounters): void {
    reason.increment();
    if (device !== undefined) this.#drops.devices.count(device);
    dropper?.increment();
    const frequent = event.hasData ? this.#frequentFlows.of(event.source, event.dataStart, event.dataEnd) : undefined;
    this.#countMatchedClass(event, classes, frequent);
    if (event.hasData) (frequent ?? this.#flowCounter(event.data()))?.increment();
  }

  #countMatchedClass(event: MatchedEvent, classes: DropCounters["classes"], flow: Counter | undefined): void {
    let counter = flow && classes.get(flow);
    if (counter === undefined && (flow === undefined || !classes.has(flow))) {
      counter = this.#classCounter(event.toEvent());
      if (classes.size >= maxClasses) classes.clear();
      if (flow !== undefined) classes.set(flow, counter);
    }
    counter?.increment();
  }

  #classCounter(event: Event): Counter | undefined {
    const found = this.#classOf(event);
    return found === undefined ? undefined : this.#drops.classes.counterOf(found);
  }

  /** Undefined for events that have to be looked at one by one. */
  #patternCounters(matched: MatchedEvent): PatternCounters | undefined {
    const { pattern } = matched;
    const event = matched.toEvent();
    const probe = event["kernel"] ?? event["userspace"];
    const timestamp = pattern.numberOf("common", "timestamp");
    const hasPacket = pattern.indexOf("packet") >= 0;
    if (probe === undefined || timestamp < 0 || hasPacket !== matched.hasData) return undefined;
    const reason = dropReasonOf(event);
    const drop = reason === undefined ? undefined : this.#dropCounters(event, reason);
    return { probe: this.#probes.counterOf(this.#probeName(probe)), drop, timestamp };
  }

  #dropCounters(event: Event, reason: string): DropCounters {
    const { reasons, devices, functions } = this.#drops;
    const dropper = droppingFunction(event);
    return {
      reason: reasons.counterOf(reason),
      device: devices.placeOf(event),
      dropper: dropper === undefined ? undefined : functions.counterOf(dropper),
      classes: new Map(),
    };
  }

  #flowCounter(packet: Uint8Array): Counter | undefined {
    const flow = flowOf(packet);
    return flow === undefined ? undefined : this.#drops.flows.counterOf(flow);
  }

  #probeName(probe: SectionData): string {
    return this.#probeNames.join(String(probe["probe_type"]), String(probe["symbol"]));
  }

  #countOther(event: Event): void {
    const { startup, loss, clock } = event;
    if (clock !== undefined) this.#offsets.observe(event);
    else if (loss !== undefined) this.#countLosses(loss);
    else if (startup === undefined) this.#withoutProbe++;
  }

  #countTime(timestamp: U64, isDrop: boolean): void {
    this.#timeLine.add(timestamp, isDrop);
    if (this.#first === undefined) this.#first = this.#smallest = this.#largest = timestamp;
    else if (timestamp > this.#largest) this.#largest = timestamp;
    else if (timestamp < this.#smallest) this.#smallest = timestamp;
  }

  #countDrop(event: Event, reason: string): void {
    const { reasons, devices, functions, flows } = this.#drops;
    reasons.add(reason);
    this.#classCounter(event)?.increment();
    devices.add(event);
    const dropper = droppingFunction(event);
    if (dropper !== undefined) functions.add(dropper);
    const bytes = event["packet"]?.["data"];
    const flow = bytes instanceof Uint8Array ? flowOf(bytes) : undefined;
    if (flow !== undefined) flows.add(flow);
  }

  #countLosses({ lost, skipped }: SectionData): void {
    addLosses(this.#losses, lost);
    addLosses(this.#skipped, skipped);
  }

  /** @param top how many names of a count are listed, except probes; 0 for all */
  statistics(top: number): PartStatistics {
    const { reasons, classes, devices, functions, flows } = this.#drops;
    const overTime = this.#timeLine.statistics();
    return {
      retis_version: String(this.#startup.retis_version),
      cmdline: String(this.#startup.cmdline),
      ...this.#splitIndex(),
      ...(this.#series === 0 ? {} : { series: this.#series }),
      events: this.#events,
      events_without_probe: this.#withoutProbe,
      ...this.#times(),
      probes: this.#probes.ranking(0),
      drops: {
        total: reasons.total,
        by_reason: reasons.ranking(top),
        by_class: classes.ranking(top),
        by_device: devices.ranking(top),
        by_function: functions.ranking(top),
        by_flow: flows.ranking(top),
      },
      ...(overTime === undefined ? {} : { over_time: overTime }),
      lost: { total: this.#losses.total, by_probe: this.#losses.ranking(top) },
      ...(this.#skipped.total === 0 ? {} : { skipped: { total: this.#skipped.total, by_probe: this.#skipped.ranking(top) } }),
    };
  }

  #splitIndex(): Pick<PartStatistics, "split_index"> {
    const split = this.#startup.split_file;
    return split === undefined ? {} : { split_index: split.id };
  }

  #times(): Pick<PartStatistics, "first_event" | "last_event" | "events_per_second"> {
    if (this.#first === undefined) return {};
    const span = BigInt(this.#largest) - BigInt(this.#smallest);
    const rate = span === 0n ? {} : { events_per_second: Math.round((this.#events * 1e12) / Number(span)) / 1e3 };
    return { first_event: this.#timeOf(this.#first), last_event: this.#timeOf(this.#largest), ...rate };
  }

  #timeOf(timestamp: U64): EventTime {
    return { timestamp, utc: formatUtc(BigInt(timestamp) + (this.#offsets.at(timestamp) ?? 0n)) ?? String(timestamp) };
  }
}

/** @param list of section `loss`, perhaps damaged */
function addLosses(tally: Tally, list: unknown): void {
  for (const loss of Array.isArray(list) ? list : []) {
    const { probe, reason, count } = isRecord(loss) ? loss : {};
    if (isU64(count)) tally.add(`${String(probe)} (${String(reason)})`, count);
  }
}
