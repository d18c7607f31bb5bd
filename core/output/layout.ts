import type { Event, SectionData } from "../api/event.ts";
import type { Paint, Section, TextContext, TextPiece } from "../api/section.ts";
import type { EventClock } from "./event-clock.ts";
import { headSections, placeText, trackText } from "./event-head.ts";
import { PieceList } from "./piece-list.ts";
import { plainSection } from "./plain-section.ts";

export interface LayoutOptions {
  readonly format: "single-line" | "multi-line";
  /** `-e`: show link-layer information. */
  readonly linkLayer: boolean;
  readonly paint: Paint;
  readonly clock: EventClock;
  /** The mark in front of the later events of a series can be `↳`; otherwise it is `+`. */
  readonly unicode: boolean;
}

/** Sections that come first on their line whatever the order of the collectors: the device stands before the packet. */
const leadingSections: readonly string[] = ["dev", "packet"];

/** Columns by which body lines stand behind the head, and later events of a series behind the first. */
const bodyIndent = 2;
const seriesIndent = 4;

/** How one section becomes text; its rank decides between pieces of the same line. */
interface Renderer {
  readonly rank: number;
  readonly format: Section["format"];
}

/** Composes the text of events from the pieces that their sections give (design section 6). */
export class EventLayout {
  readonly #options: LayoutOptions;
  readonly #context: TextContext;
  readonly #renderers: ReadonlyMap<string, Renderer>;
  readonly #pieces = new PieceList();
  readonly #eventEnd: string;
  readonly #firstMargin: Margin;
  readonly #laterMargin: Margin;

  /** @param sections every section that may occur; those of other events are shown property by property */
  constructor(sections: readonly Section[], options: LayoutOptions) {
    const multiLine = options.format === "multi-line";
    this.#options = options;
    this.#context = { linkLayer: options.linkLayer, multiLine, paint: options.paint };
    this.#renderers = rankSections(sections);
    this.#eventEnd = multiLine ? "\n\n" : "\n";
    this.#firstMargin = margin(multiLine, 0, "");
    this.#laterMargin = margin(multiLine, seriesIndent, options.unicode ? "  ↳ " : "  + ");
  }

  /** An event of a stream, with its final newline; a blank line follows in multi-line format. */
  eventText(event: Event): string {
    return this.#compose(event, this.#firstMargin) + this.#eventEnd;
  }

  /** The events of one packet, the later ones indented behind a mark; a blank line follows in both formats. */
  seriesText(series: readonly Event[]): string {
    let text = "";
    for (const event of series) text += `${this.#compose(event, text === "" ? this.#firstMargin : this.#laterMargin)}\n`;
    return `${text}\n`;
  }

  #compose(event: Event, { mark, newLine }: Margin): string {
    const { clock, paint } = this.#options;
    if (event["startup"]) clock.observe(event);
    this.#collect(event);
    const track = trackText(event);
    const head = placeText(event, clock) + this.#pieces.head + (track === "" ? "" : ` ${paint.dim(track)}`);
    const body = this.#pieces.bodyText(newLine);
    return mark + (head.startsWith(" ") ? head.slice(1) : head) + body;
  }

  #collect(event: Event): void {
    this.#pieces.clear();
    for (const key in event) {
      const data = event[key];
      if (data === undefined || headSections.includes(key)) continue;
      const renderer = this.#renderers.get(key);
      const rank = renderer?.rank ?? this.#renderers.size;
      for (const piece of this.#piecesOf(key, data, renderer, event)) this.#pieces.add(piece, rank);
    }
  }

  #piecesOf(key: string, data: SectionData, renderer: Renderer | undefined, event: Event): readonly TextPiece[] {
    if (renderer?.format === undefined) return [plainSection(key, data)];
    try {
      return renderer.format(data, this.#context, event);
    } catch {
      // A foreign file may hold data of another shape than the section declares; show it all the same.
      return [plainSection(key, data)];
    }
  }
}

/** What stands in front of an event's lines. */
interface Margin {
  readonly mark: string;
  /** What separates a body line, moved by `indent` more columns, from the line before. */
  readonly newLine: (indent: number) => string;
}

function margin(multiLine: boolean, level: number, mark: string): Margin {
  if (!multiLine) return { mark, newLine: () => " " };
  const plain = `\n${" ".repeat(level + bodyIndent)}`;
  return { mark, newLine: (indent) => (indent === 0 ? plain : plain + " ".repeat(indent)) };
}

function rankSections(sections: readonly Section[]): ReadonlyMap<string, Renderer> {
  const leading = leadingSections.flatMap((key) => sections.filter((section) => section.key === key));
  const others = sections.filter((section) => !leadingSections.includes(section.key));
  return new Map([...leading, ...others].map(({ key, format }, rank) => [key, { rank, format }]));
}
