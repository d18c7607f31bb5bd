/** The text of events that have all sections in common but for what differs in every event: time, task, packet. */
import type { SectionData } from "../api/event.ts";
import type { Section, TextContext, TextPiece } from "../api/section.ts";
import { assertPieces } from "../api/text-pieces.ts";
import { hasAnyControl } from "../base/terminal.ts";
import type { EventPattern } from "../pattern/event-pattern.ts";
import type { MatchedEvent } from "../pattern/matched-event.ts";
import type { EventClock } from "./event-clock.ts";
import { headSections, taskText, trackTextOf } from "./event-head.ts";

type Format = NonNullable<Section["format"]>;

/** The section whose text is made for each event: that of the packet. */
export interface VaryingSection {
  readonly index: number;
  readonly format: Format;
  /** Its piece of text in the event that the frame was made of. */
  readonly piece: TextPiece;
}

/** What is the same in the text of all events of a pattern. */
export interface FrameParts {
  readonly mark: string;
  /** What follows the task in the head. */
  readonly head: string;
  /** The lines before the varying section's text, and those after it. */
  readonly before: string;
  readonly after: string;
  readonly varying: VaryingSection | undefined;
}

/** Whether the text of a section can differ between events of a pattern. */
export function varies({ sections }: EventPattern, index: number): boolean {
  return sections[index]!.holes.length > 0 && !headSections.includes(sections[index]!.key);
}

/** Text that is the same but for time, task, tracking id and packet. */
export class EventFrame {
  readonly #parts: FrameParts;
  readonly #common: number;
  readonly #tracked: number;

  constructor(pattern: EventPattern, parts: FrameParts) {
    this.#parts = parts;
    this.#common = pattern.indexOf("common");
    this.#tracked = pattern.indexOf("skb-tracking");
  }

  /**
   * Text of an event of the pattern, without what ends it; undefined when it has to be composed in the ordinary way.
   *
   * @param tracking section `tracking` of a sorted event
   */
  text(event: MatchedEvent, clock: EventClock, context: TextContext, tracking?: SectionData): string | undefined {
    const { mark, head, before, after, varying } = this.#parts;
    const text = varying === undefined ? "" : varyingText(event, varying, context);
    if (text === undefined) return undefined;
    const common = event.section(this.#common)!;
    const place = clock.text(common["timestamp"] as number) + taskText(common);
    const track = trackTextOf(this.#tracked < 0 ? undefined : event.section(this.#tracked), tracking);
    const headEnd = track === "" ? "" : ` ${context.paint.dim(track)}`;
    return mark + place + head + headEnd + before + text + after;
  }
}

/** Text with anything that would have to be escaped, or in another place than before, is left to the ordinary way. */
function varyingText(event: MatchedEvent, { index, format, piece }: VaryingSection, context: TextContext): string | undefined {
  let pieces: unknown;
  try {
    pieces = format(event.section(index)!, context, {});
    assertPieces(pieces);
  } catch {
    return undefined;
  }
  const [own] = pieces;
  if (pieces.length !== 1 || own!.at !== piece.at || own!.indent !== piece.indent) return undefined;
  const { text } = own!;
  return typeof text === "string" && !hasAnyControl(text) ? text : undefined;
}
