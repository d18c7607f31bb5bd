import type { EventPattern } from "./event-pattern.ts";
import type { TextPart } from "./text-program.ts";

/** Where text goes that is made as bytes, UTF-8. */
export interface TextTarget {
  /** Text is written into these, from {@link size} on. */
  readonly bytes: Uint8Array;
  /** How many of them hold text. */
  size: number;
  /** Makes room for more; false when there is as much as there can be. */
  readonly makeRoom: () => boolean;
}

/** Writes events as text without giving them to anybody, once it was told what the text of their patterns consists of. */
export interface EventWriter {
  /** Says what the text of the events of a pattern consists of. */
  readonly setProgram: (pattern: EventPattern, parts: readonly TextPart[]) => void;
  /** The event at hand was not written because the text of its packet is not known, which was met before. */
  readonly wantsPacket: boolean;
  /** Says what texts of packets with the same headers have before and after the identification of IPv4. */
  readonly keepPacket: (packet: Uint8Array, before: string, after: string) => void;
}
