/** Scans that know events which resemble earlier ones, and look through the others. */
import type { Section } from "../api/section.ts";
import type { EventMatcher } from "../pattern/event-matcher.ts";
import type { EventPattern } from "../pattern/event-pattern.ts";
import { matcherFor } from "../pattern/form-matcher.ts";
import type { MatchedEvent } from "../pattern/matched-event.ts";
import { CborEventScan } from "./cbor-event-scan.ts";
import type { ItemDecoder } from "./cbor-sequence-reader.ts";
import { type EventScan, type Halves, scannedSections } from "./event-scan.ts";
import { JsonEventScan } from "./json-event-scan.ts";
import type { LineDecoder } from "./json-line-reader.ts";
import { eventMembers } from "./section-shape.ts";

/** What scanning one event of a pattern found out about all of them. */
interface PatternFacts {
  /** As in {@link EventScan.sections}. */
  readonly sections: number;
  /** Which integers are the time, and of a tracked packet its id and skb. */
  readonly time: number;
  readonly idTime: number;
  readonly idHead: number;
  readonly skb: number;
}

/** Undefined when a scan finds more than what is in holes. */
function factsOf(pattern: EventPattern, scan: EventScan): PatternFacts | undefined {
  if (!scan.isEvent || scan.odd) return undefined;
  const time = pattern.numberOf("common", "timestamp");
  const [idTime, idHead, skb] = ["timestamp", "orig_head", "skb"].map((name) => pattern.numberOf("skb-tracking", name)) as [
    number,
    number,
    number,
  ];
  const isKnown = time >= 0 && (!scan.has("skb-tracking") || Math.min(idTime, idHead, skb) >= 0);
  return isKnown ? { sections: scan.sections, time, idTime, idHead, skb } : undefined;
}

/** Puts into a scan what it would find in the event. */
function fill(scan: EventScan, event: MatchedEvent, facts: PatternFacts): void {
  scan.reset(event.bytes, event.start);
  scan.end = event.end;
  scan.isEvent = true;
  scan.sections = facts.sections;
  setHalves(scan.time, event, facts.time);
  if ((facts.sections & scannedSections["skb-tracking"]) === 0) return;
  setHalves(scan.idTime, event, facts.idTime);
  setHalves(scan.idHead, event, facts.idHead);
  setHalves(scan.skb, event, facts.skb);
}

function setHalves(halves: Halves, { numbers }: MatchedEvent, index: number): void {
  halves.set(numbers[index * 2]!, numbers[index * 2 + 1]!);
}

/** A {@link CborEventScan}, and the same result. */
export class MatchingCborScan implements ItemDecoder {
  readonly #scan: CborEventScan;
  readonly #matcher: EventMatcher;

  /** @param wanted keys of further sections to look for */
  constructor(wanted: readonly string[], known: readonly Section[]) {
    this.#scan = new CborEventScan(wanted, eventMembers(known));
    this.#matcher = matcherFor("cbor", known);
  }

  get position(): number {
    return this.#scan.position;
  }

  setBytes(bytes: Uint8Array, end: number, stop = end): void {
    this.#scan.setBytes(bytes, end);
    this.#matcher.setBytes(bytes, end, stop);
  }

  decode(start: number): EventScan {
    const scan = this.#scan;
    const { event } = this.#matcher;
    const isMatch = this.#matcher.match(start);
    const facts = isMatch ? event.pattern.noteOf(this, () => factsOf(event.pattern, scan.decode(start))) : undefined;
    if (facts !== undefined) {
      fill(scan, event, facts);
      return scan;
    }
    scan.decode(start);
    if (!isMatch && scan.isEvent && !scan.odd) this.#matcher.learn({}, start, scan.end);
    return scan;
  }
}

/** A {@link JsonEventScan}, and the same result. */
export class MatchingJsonScan implements LineDecoder {
  readonly #scan: JsonEventScan;
  readonly #matcher: EventMatcher;

  /** @param wanted keys of further sections to look for */
  constructor(wanted: readonly string[], known: readonly Section[]) {
    this.#scan = new JsonEventScan(wanted, eventMembers(known));
    this.#matcher = matcherFor("json", known);
  }

  get warning(): string | undefined {
    return this.#scan.warning;
  }

  decode(bytes: Uint8Array, start: number, end: number): EventScan {
    const scan = this.#scan;
    const { event } = this.#matcher;
    this.#matcher.setBytes(bytes, end);
    const isMatch = this.#matcher.match(start);
    const facts = isMatch ? event.pattern.noteOf(this, () => factsOf(event.pattern, scan.decode(bytes, start, end))) : undefined;
    if (facts !== undefined) {
      fill(scan, event, facts);
      scan.warning = undefined;
      return scan;
    }
    scan.decode(bytes, start, end);
    if (!isMatch && scan.isEvent && !scan.odd) this.#matcher.learn({}, start, end);
    return scan;
  }
}
