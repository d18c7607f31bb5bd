/** The text of events that have all sections in common but for what differs in every event: time, task, packet. */
import type { SectionData } from "../api/event.ts";
import type { Section, TextContext, TextPiece } from "../api/section.ts";
import { assertPieces } from "../api/text-pieces.ts";
import { hasAnyControl } from "../base/terminal.ts";
import type { EventPattern } from "../pattern/event-pattern.ts";
import type { EventWriter } from "../pattern/event-writer.ts";
import type { MatchedEvent } from "../pattern/matched-event.ts";
import type { TextPart } from "../pattern/text-program.ts";
import { ipv4Identification } from "../packet/header-cache.ts";
import { udpTextParts } from "../packet/packet-text.ts";
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
    if (event.writer?.wantsPacket === true) keepPacket(event.writer, event.data(), text);
    const common = event.section(this.#common)!;
    const place = clock.text(common["timestamp"] as number) + taskText(common);
    const track = trackTextOf(this.#tracked < 0 ? undefined : event.section(this.#tracked), tracking);
    const headEnd = track === "" ? "" : ` ${context.paint.dim(track)}`;
    return mark + place + head + headEnd + before + text + after;
  }
}

/** What the text of all events of a pattern consists of, as {@link EventFrame.text} makes it; undefined where it is too special. */
export function frameParts(event: MatchedEvent, parts: FrameParts, { paint, linkLayer }: TextContext): readonly TextPart[] | undefined {
  const { pattern } = event;
  const { mark, head, before, after, varying } = parts;
  const task = taskParts(event);
  const track = trackParts(pattern, paint);
  // With colours, or headers of the link layer, the text of a packet is made of more than the headers that are looked at.
  const isPacket = varying !== undefined && pattern.sections[varying.index]!.key === "packet" && event.hasData && !linkLayer;
  if (task === undefined || track === undefined || (varying !== undefined && !isPacket)) return undefined;
  const time: TextPart = { decimal: pattern.numberOf("common", "timestamp") };
  return [mark, time, ...task, head, ...track, before, ...(isPacket ? [{ bytes: "packet" } as const] : []), after];
}

/** The parts of {@link taskText}. */
function taskParts(event: MatchedEvent): readonly TextPart[] | undefined {
  const { pattern } = event;
  const { smp_id, task } = event.section(pattern.indexOf("common"))! as { readonly smp_id?: unknown; readonly task?: { comm: unknown } };
  const [cpu, process, thread] = ["smp_id", "task.pid", "task.tgid"].map((path) => pattern.numberOf("common", path)) as [
    number,
    number,
    number,
  ];
  if ((smp_id !== undefined && cpu < 0) || (task !== undefined && Math.min(process, thread) < 0)) return undefined;
  const parts: TextPart[] = smp_id === undefined ? [] : [" (", { decimal: cpu }, ")"];
  if (task) parts.push(` [${String(task.comm)}] `, { otherProcess: [process, thread] }, { decimal: thread });
  return parts;
}

/** The parts of {@link trackTextOf}, with the space before them. */
function trackParts(pattern: EventPattern, paint: TextContext["paint"]): readonly TextPart[] | undefined {
  if (pattern.indexOf("skb-tracking") < 0) return [];
  const [time, head, skb] = ["timestamp", "orig_head", "skb"].map((path) => pattern.numberOf("skb-tracking", path)) as [
    number,
    number,
    number,
  ];
  const [colour, end, ...more] = paint.dim("|").split("|");
  if (Math.min(time, head, skb) < 0 || more.length > 0) return undefined;
  return [` ${colour}#`, { trackingId: [time, head] }, " (skb ", { hexadecimal: skb }, `)${end}`];
}

/** Has packets with the same headers written like this one, if nothing but these headers and the identification is in its text. */
function keepPacket(writer: EventWriter, packet: Uint8Array, text: string): void {
  const parts = udpTextParts(packet);
  if (parts !== undefined && text === `${parts.before}${ipv4Identification(packet)}${parts.after}`)
    writer.keepPacket(packet, parts.before, parts.after);
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
