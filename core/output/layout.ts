import type { Event, SectionData } from "../api/event.ts";
import type { Paint, Section, TextContext, TextPiece } from "../api/section.ts";
import { assertPieces } from "../api/text-pieces.ts";
import { hasAnyControl, hasControls, withColoursOnly, withoutControls } from "../base/terminal.ts";
import type { EventClock } from "./event-clock.ts";
import { headSections, placeText, taskText, trackText } from "./event-head.ts";
import { MatchedEvent } from "../pattern/matched-event.ts";
import { EventFrame, frameParts, type FrameParts, type VaryingSection, varies } from "./event-frame.ts";
import { PieceList } from "./piece-list.ts";
import { CountingPaint } from "./counting-paint.ts";
import { plainSection } from "./plain-section.ts";
import { withoutControlsWithin } from "./safe-event.ts";

export interface LayoutOptions {
  readonly format: "single-line" | "multi-line";
  /** `-e`: show link-layer information. */
  readonly linkLayer: boolean;
  readonly paint: Paint;
  readonly clock: EventClock;
  /** The mark in front of the later events of a series can be `↳`; otherwise it is `+`. */
  readonly unicode: boolean;
}

/** Sections that come first on their line whatever the order of the collectors: the device comes before the packet. */
const leadingSections: readonly string[] = ["dev", "packet"];

/** Stands for text that differs from event to event; safe text does not have it. */
const gap = "\u0000";

/** Columns by which body lines are indented after the head, and later events of a series after the first. */
const bodyIndent = 2;
const seriesIndent = 4;

/** How one section becomes text; its rank decides between pieces of the same line. */
interface Renderer {
  readonly rank: number;
  readonly format: Section["format"];
  readonly schema: Section["schema"];
}

/** Composes the text of events from the pieces that their sections give (design section 6). */
export class EventLayout {
  readonly #options: LayoutOptions;
  readonly #context: TextContext;
  readonly #paint: CountingPaint;
  readonly #renderers: Renderers;
  readonly #sectionCount: number;
  readonly #pieces = new PieceList();
  readonly #eventEnd: string;
  readonly #columns: (indent: number) => string;
  readonly #firstMargin: Margin;
  readonly #laterMargin: Margin;

  /** @param sections every section that may occur; those of other events are shown property by property */
  constructor(sections: readonly Section[], options: LayoutOptions) {
    const multiLine = options.format === "multi-line";
    this.#options = options;
    this.#paint = new CountingPaint(options.paint);
    this.#context = { linkLayer: options.linkLayer, multiLine, paint: this.#paint.paint };
    this.#renderers = rankSections(sections);
    this.#sectionCount = sections.length;
    this.#columns = multiLine ? (indent) => " ".repeat(indent) : () => "";
    this.#eventEnd = multiLine ? "\n\n" : "\n";
    this.#firstMargin = margin(multiLine, 0, "");
    this.#laterMargin = margin(multiLine, seriesIndent, options.unicode ? "  ↳ " : "  + ");
  }

  /** An event of a stream, with its final newline; a blank line follows in multi-line format. */
  eventText(event: Event): string {
    return this.#compose(event, this.#firstMargin) + this.#eventEnd;
  }

  /** The same of an event that resembles earlier ones: most of its text is known from the first of them. */
  matchedText(event: MatchedEvent): string {
    const text = this.#textInFrame(event, this.#firstMargin, undefined);
    return text === undefined ? this.eventText(event.toEvent()) : text + this.#eventEnd;
  }

  /** The events of one packet, the later ones indented after a mark; a blank line follows in both formats. */
  seriesText(series: readonly Event[]): string {
    return this.visitedSeriesText((show) => {
      for (const event of series) show(event, undefined);
    });
  }

  /** The same of events that are given one by one. @param visit gives each event, and its section `tracking` if it is not within it */
  visitedSeriesText(visit: (show: (event: Event | MatchedEvent, tracking: SectionData | undefined) => void) => void): string {
    let text = "";
    this.#options.clock.beginSeries();
    visit((event, tracking) => {
      text += `${this.#memberText(event, text === "" ? this.#firstMargin : this.#laterMargin, tracking)}\n`;
    });
    return `${text}\n`;
  }

  #memberText(event: Event | MatchedEvent, margin: Margin, tracking: SectionData | undefined): string {
    const known = event instanceof MatchedEvent ? this.#textInFrame(event, margin, tracking) : undefined;
    if (known !== undefined) return known;
    const whole = event instanceof MatchedEvent ? event.toEvent() : event;
    return this.#compose(tracking === undefined ? whole : { ...whole, tracking }, margin);
  }

  /** Undefined when the event has to be composed in the ordinary way. */
  #textInFrame(event: MatchedEvent, margin: Margin, tracking: SectionData | undefined): string | undefined {
    const frames = event.pattern.noteOf(this, () => new Map<Margin, EventFrame | undefined>());
    let frame = frames.get(margin);
    if (frame === undefined && !frames.has(margin)) frames.set(margin, (frame = this.#frameOf(event, margin)));
    return frame?.text(event, this.#options.clock, this.#context, tracking);
  }

  /**
   * Names of the traced machine may hold control characters, colour codes too, which must not reach a terminal. That is
   * rare: the whole text is checked at once, and only when it has any the event is composed again with each text cleaned.
   */
  #compose(event: Event, margin: Margin): string {
    const { clock } = this.#options;
    clock.observe(event);
    const place = placeText(event, clock);
    this.#paint.reset();
    this.#collect(event, asItIs);
    const text = this.#join(event, margin, place);
    const breaks = this.#context.multiLine ? this.#pieces.lineCount() : 0;
    if (!hasControls(text) && this.#paint.madeAll(text) && countBreaks(text) === breaks) return text;
    const safe = withoutControlsWithin(event);
    this.#collect(safe, cleanPiece);
    return this.#join(safe, margin, withoutControls(place));
  }

  /** What events of a pattern have in common; undefined where the text may depend on more than is looked at here. */
  #frameOf(matched: MatchedEvent, { mark, newLine }: Margin): EventFrame | undefined {
    const { pattern } = matched;
    if (pattern.numberOf("common", "timestamp") < 0 || pattern.indexOf("tracking") >= 0) return undefined;
    const event = matched.toEvent();
    if (pattern.sections.some(({ key }) => this.#looksAtEvent(key)) || hasAnyControl(taskText(event["common"]!))) return undefined;
    const varying = this.#varyingSections(matched);
    if (varying === undefined || varying.length > 1) return undefined;
    this.#paint.reset();
    this.#collect(event, (piece, key) => (key === pattern.sections[varying[0]?.index ?? -1]?.key ? { ...piece, text: gap } : piece));
    const { head } = this.#pieces;
    const body = this.#pieces.bodyText(newLine, this.#columns);
    const [before = "", after = "", ...others] = body.split(gap);
    const text = head + before + after;
    const breaks = this.#context.multiLine ? this.#pieces.lineCount() : 0;
    if (others.length > 0 || hasControls(text) || !this.#paint.madeAll(text) || countBreaks(text) !== breaks) return undefined;
    const parts = { mark, head, before, after, varying: varying[0] };
    if (mark === this.#firstMargin.mark && newLine === this.#firstMargin.newLine) this.#teachWriter(matched, parts);
    return new EventFrame(pattern, parts);
  }

  /** Has events of the pattern written where they are read. */
  #teachWriter(event: MatchedEvent, parts: FrameParts): void {
    const program = this.#options.clock.isDecimal ? frameParts(event, parts, this.#context) : undefined;
    if (program !== undefined) event.writer?.setProgram(event.pattern, [...program, this.#eventEnd]);
  }

  /** Sections of which each event has a text of its own; undefined when one has not exactly one line. */
  #varyingSections(event: MatchedEvent): readonly VaryingSection[] | undefined {
    const { sections } = event.pattern;
    const found: VaryingSection[] = [];
    for (let index = 0; index < sections.length; index++) {
      const renderer = this.#renderers[sections[index]!.key];
      const data = varies(event.pattern, index) ? event.section(index) : undefined;
      if (data === undefined || renderer === "head") continue;
      const pieces = this.#piecesOf(sections[index]!.key, data, renderer, {});
      const [piece] = pieces;
      if (renderer?.format === undefined || pieces.length !== 1 || typeof piece?.text !== "string" || hasAnyControl(piece.text))
        return undefined;
      found.push({ index, format: renderer.format, piece });
    }
    return found;
  }

  /** Whether the text of a section depends on the rest of the event: its formatter says so by a third parameter. */
  #looksAtEvent(key: string): boolean {
    const renderer = this.#renderers[key];
    return renderer !== "head" && (renderer?.format?.length ?? 0) > 2;
  }

  #join(event: Event, { mark, newLine }: Margin, place: string): string {
    const track = trackText(event);
    const head = place + this.#pieces.head + (track === "" ? "" : ` ${this.#context.paint.dim(track)}`);
    const body = this.#pieces.bodyText(newLine, this.#columns);
    return mark + (place === "" ? head.slice(1) : head) + body;
  }

  #collect(event: Event, prepare: (piece: TextPiece, key: string) => TextPiece): void {
    this.#pieces.clear();
    let undeclaredRank = this.#sectionCount;
    for (const key in event) {
      const data = event[key];
      const renderer = this.#renderers[key];
      if (data === undefined || renderer === "head") continue;
      const rank = renderer?.rank ?? undeclaredRank++;
      const pieces = this.#piecesOf(key, data, renderer, event);
      for (let i = 0; i < pieces.length; i++) this.#pieces.add(prepare(pieces[i]!, key), rank);
    }
  }

  #piecesOf(key: string, data: SectionData, renderer: Renderer | undefined, event: Event): readonly TextPiece[] {
    if (renderer?.format === undefined) return [plainSection(key, data, renderer?.schema)];
    try {
      const pieces = renderer.format(data, this.#context, event);
      assertPieces(pieces);
      return pieces;
    } catch {
      // A foreign file may hold data of another shape than the section declares; show it all the same.
      this.#paint.distrust();
      return [plainSection(key, data)];
    }
  }
}

/** What precedes an event's lines. */
interface Margin {
  readonly mark: string;
  /** What separates a body line from the line before. */
  readonly newLine: string;
}

function margin(multiLine: boolean, level: number, mark: string): Margin {
  return { mark, newLine: multiLine ? `\n${" ".repeat(level + bodyIndent)}` : " " };
}

function asItIs(piece: TextPiece): TextPiece {
  return piece;
}

function cleanPiece(piece: TextPiece): TextPiece {
  const { text } = piece;
  return { ...piece, text: Array.isArray(text) ? text.map(cleanText) : cleanText(text) };
}

/** A formatter may give undefined for a property that is absent, which text without controls shows in the same way. */
function cleanText(text: unknown): string {
  return withColoursOnly(String(text));
}

function countBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

/** By section key. An object without prototype: with the keys of a `for … in`, three times as fast as a Map. */
type Renderers = Readonly<Record<string, Renderer | "head" | undefined>>;

function rankSections(sections: readonly Section[]): Renderers {
  const leading = leadingSections.flatMap((key) => sections.filter((section) => section.key === key));
  const others = sections.filter((section) => !leadingSections.includes(section.key));
  const renderers: Record<string, Renderer | "head"> = Object.create(null);
  [...leading, ...others].forEach(({ key, format, schema }, rank) => (renderers[key] = { rank, format, schema }));
  for (const key of headSections) renderers[key] = "head";
  return renderers;
}
