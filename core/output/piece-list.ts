import type { TextPiece } from "../api/section.ts";
import { Line } from "../api/section.ts";
import { withoutControls } from "../base/terminal.ts";

/** A body piece together with the rank of its section. */
interface PlacedPiece {
  readonly piece: TextPiece;
  readonly rank: number;
}

/** The pieces of one event, in print order; used again for each event. */
export class PieceList {
  /** Head pieces, each with a space in front. */
  head = "";
  readonly #body: PlacedPiece[] = [];

  clear(): void {
    this.head = "";
    this.#body.length = 0;
  }

  /** Adds a piece of the section with this rank; pieces of a line stand in the order of their ranks. */
  add(piece: TextPiece, rank: number): void {
    if (piece.at === "head") {
      this.head += ` ${withoutControls(typeof piece.text === "string" ? piece.text : piece.text.join(" "))}`;
      return;
    }
    const body = this.#body;
    let at = body.length;
    while (at > 0 && isAfter(body[at - 1]!, piece.at, rank)) at--;
    body.splice(at, 0, { piece, rank });
  }

  /** The body; `newLine` gives what separates a line with this many extra columns from the one before. */
  bodyText(newLine: (indent: number) => string): string {
    let text = "";
    let before: PlacedPiece | undefined;
    for (const placed of this.#body) {
      const { piece } = placed;
      const separator = newLine(piece.indent ?? 0);
      text += before !== undefined && standSideBySide(before, placed) ? " " : separator;
      text += typeof piece.text === "string" ? withoutControls(piece.text) : linesText(piece.text, separator);
      before = placed;
    }
    return text;
  }
}

function isAfter(placed: PlacedPiece, at: number, rank: number): boolean {
  const other = placed.piece.at as number;
  return other > at || (other === at && placed.rank > rank);
}

/** Pieces of one line share it when each is a single line; sections of third parties have their line for themselves. */
function standSideBySide(a: PlacedPiece, b: PlacedPiece): boolean {
  if (a.piece.at !== b.piece.at || typeof a.piece.text !== "string" || typeof b.piece.text !== "string") return false;
  return b.piece.indent === a.piece.indent && (a.piece.at !== Line.other || a.rank === b.rank);
}

function linesText(lines: readonly string[], separator: string): string {
  return lines.map(withoutControls).join(separator);
}
