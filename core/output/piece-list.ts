import type { TextPiece } from "../api/section.ts";
import { Line } from "../api/section.ts";

/** The pieces of one event, in print order; used again for each event. */
export class PieceList {
  /** Head pieces, each with a space in front. */
  head = "";
  /** Body pieces and, at the same index, the ranks of their sections. */
  readonly #pieces: TextPiece[] = [];
  readonly #ranks: number[] = [];

  clear(): void {
    this.head = "";
    this.#pieces.length = 0;
    this.#ranks.length = 0;
  }

  /** Adds a piece of the section with this rank; pieces of a line are in the order of their ranks. */
  add(piece: TextPiece, rank: number): void {
    if (piece.at === "head") this.head += ` ${typeof piece.text === "string" ? piece.text : piece.text.join(" ")}`;
    else this.#insert(piece, piece.at, rank);
  }

  /** The body; each line begins with `newLine` and the extra columns of its piece. */
  bodyText(newLine: string, columns: (indent: number) => string): string {
    const pieces = this.#pieces;
    let text = "";
    for (let i = 0; i < pieces.length; i++) {
      const { text: own, indent } = pieces[i]!;
      const separator = indent === undefined ? newLine : newLine + columns(indent);
      text += i > 0 && this.#standSideBySide(i - 1, i) ? " " : separator;
      text += typeof own === "string" ? own : own.join(separator);
    }
    return text;
  }

  /** How many lines the body has. */
  lineCount(): number {
    let count = 0;
    for (let i = 0; i < this.#pieces.length; i++) {
      const { text } = this.#pieces[i]!;
      if (typeof text !== "string") count += Math.max(text.length, 1);
      else if (i === 0 || !this.#standSideBySide(i - 1, i)) count++;
    }
    return count;
  }

  /** Insertion sort: an event has few pieces, and they come almost in order. */
  #insert(piece: TextPiece, at: number, rank: number): void {
    let index = this.#pieces.length;
    while (index > 0 && this.#isAfter(index - 1, at, rank)) {
      this.#pieces[index] = this.#pieces[index - 1]!;
      this.#ranks[index] = this.#ranks[index - 1]!;
      index--;
    }
    this.#pieces[index] = piece;
    this.#ranks[index] = rank;
  }

  #isAfter(index: number, at: number, rank: number): boolean {
    const other = this.#pieces[index]!.at as number;
    return other > at || (other === at && this.#ranks[index]! > rank);
  }

  /** Pieces of one line share it when each is a single line; sections of third parties have their line for themselves. */
  #standSideBySide(left: number, right: number): boolean {
    const a = this.#pieces[left]!;
    const b = this.#pieces[right]!;
    if (a.at !== b.at || a.indent !== b.indent) return false;
    if (typeof a.text !== "string" || typeof b.text !== "string") return false;
    return a.at !== Line.other || this.#ranks[left] === this.#ranks[right];
  }
}
