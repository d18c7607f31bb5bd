import type { EventPattern } from "./event-pattern.ts";
import { EventMatcher } from "./event-matcher.ts";
import type { EventWriter, TextTarget } from "./event-writer.ts";
import { NativeMatcher, matchWords as words, newPackets, writeStatus } from "./native-matcher.ts";
import { programOf, type TextPart } from "./text-program.ts";

/** Where nothing can be written, up to 2^6 events are recognised without trying to. */
const maxIdle = 6;

/** Recognises events of the CBOR form, many at once, and writes them as text where it is known what that consists of. */
export class CborMatcher extends EventMatcher implements EventWriter {
  readonly #native = new NativeMatcher();
  #stop = 0;
  /** How many matches were not asked for yet, and where the first of them is. */
  #left = 0;
  #at = 0;
  /** Where an event begins that is not one of known sections; -1 where that is not known. */
  #unmatched = -1;
  #packets: Uint8Array | undefined;
  wantsPacket = false;
  /** Calls of {@link write} in a row that wrote nothing; undefined when it is not used. */
  #idle: number | undefined;

  setBytes(bytes: Uint8Array, end: number, stop = end): void {
    this.bytes = bytes;
    this.end = end;
    this.#stop = stop;
    this.#left = 0;
    this.#unmatched = -1;
  }

  match(start: number): boolean {
    if (this.#left === 0 || this.#native.found[this.#at + words.start] !== start) {
      if (start === this.#unmatched) return false;
      this.wantsPacket = false;
      const most = this.#idle === undefined ? Infinity : 1 << this.#idle;
      this.#left = this.#native.match(this.patterns.tables!, this.bytes, start, this.#stop, this.end, most);
      this.#at = 0;
      if (this.#left === 0) return false;
    }
    this.#take();
    return true;
  }

  /** Makes the next match the event. */
  #take(): void {
    const { found } = this.#native;
    const { event } = this;
    const at = this.#at;
    event.pattern = this.patterns.byNumber[found[at + words.pattern]!]!;
    event.bytes = event.source = this.bytes;
    event.start = found[at + words.start]!;
    event.end = found[at + words.end]!;
    event.dataStart = found[at + words.dataStart]!;
    event.dataEnd = found[at + words.dataEnd]!;
    const count = found[at + words.numbers]! * words.ofNumber;
    const first = at + words.first;
    for (let i = 0; i < count; i++) event.numbers[i] = found[first + i]!;
    this.#at = first + count;
    this.#left--;
    this.patterns.matches++;
  }

  /**
   * Writes events from `start` on as text, as far as programs are known.
   *
   * @returns where the first event begins that was not written
   */
  write(start: number, target: TextTarget): number {
    if (this.#left > 0) return start;
    const { done } = this.#native;
    let at = start;
    do {
      this.#native.write(this.patterns.tables!, this.bytes, at, this.#stop, this.end, target.bytes, target.size);
      at = done[0]!;
      target.size += done[1]!;
      this.patterns.matches += done[2]!;
    } while (done[4] === writeStatus.noRoom && target.makeRoom());
    this.event.writer = this;
    this.wantsPacket = done[4] === writeStatus.unknownAgain;
    this.#left = done[3]!;
    this.#at = 0;
    this.#unmatched = this.#left === 0 ? at : -1;
    this.#idle = at > start ? 0 : Math.min((this.#idle ?? 0) + 1, maxIdle);
    return at;
  }

  setProgram(pattern: EventPattern, parts: readonly TextPart[]): void {
    const tables = this.patterns.tables!;
    if (this.patterns.byNumber[pattern.number] !== pattern) return;
    tables.usePackets((this.#packets ??= newPackets()));
    tables.setProgram(
      pattern.number,
      programOf(parts, (text) => tables.addText(text)),
    );
  }

  keepPacket(packet: Uint8Array, before: string, after: string): void {
    this.#native.keepPacket(this.patterns.tables!, packet, Buffer.from(before), Buffer.from(after));
  }
}
