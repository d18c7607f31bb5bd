import { type Event, type SectionData, type U64, u64FromHalves } from "../api/event.ts";
import { EventPattern, maxNumbers } from "./event-pattern.ts";
import type { EventWriter } from "./event-writer.ts";
import type { HoleValues } from "./section-pattern.ts";

const none = new EventPattern();

/** The event that was matched last: its pattern, and what is in the holes. It holds until the next one is matched. */
export class MatchedEvent implements HoleValues {
  pattern: EventPattern = none;
  readonly numbers = new Uint32Array(maxNumbers * 2);
  /** The event is `bytes[start]` … `bytes[end - 1]`. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** The hole with bytes is `source[dataStart]` … `source[dataEnd - 1]`. */
  source: Uint8Array = this.bytes;
  dataStart = 0;
  dataEnd = 0;

  /** Writes events like this one, where text is made of them. */
  writer: EventWriter | undefined;

  /** Whether there is a hole with bytes. */
  get hasData(): boolean {
    return this.pattern.hasBytes;
  }

  /** The integer with that index. */
  number(index: number): U64 {
    return u64FromHalves(this.numbers[index * 2 + 1]!, this.numbers[index * 2]!);
  }

  /** A copy of the bytes in the hole. */
  readonly data = (): Uint8Array => this.source.slice(this.dataStart, this.dataEnd);

  /** Data of the section at that position; undefined for one that is not wanted. */
  section(index: number): SectionData | undefined {
    const { sections, firstNumbers } = this.pattern;
    return sections[index]!.dataOf(this, firstNumbers[index]!);
  }

  /** The whole event. Sections without holes are those of other events too: nobody may change them. */
  toEvent(): Event {
    const event: Record<string, SectionData> = {};
    for (let i = 0; i < this.pattern.sections.length; i++) {
      const data = this.section(i);
      if (data !== undefined) event[this.pattern.sections[i]!.key] = data;
    }
    return event;
  }
}
