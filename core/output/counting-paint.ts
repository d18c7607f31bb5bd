import type { Paint } from "../api/section.ts";

const escapeCharacter = "\u001b";

/** Colours that know how many codes they made: any further one in the text is foreign, e.g. in the name of a task. */
export class CountingPaint {
  readonly paint: Paint;
  #made = 0;

  constructor(paint: Paint) {
    const counted = (colour: (text: string) => string): ((text: string) => string) => {
      const codes = countEscapes(colour("|"));
      if (codes === 0) return colour;
      return (text) => {
        this.#made += codes;
        return colour(text);
      };
    };
    this.paint = {
      alarm: counted(paint.alarm),
      symbol: counted(paint.symbol),
      dim: counted(paint.dim),
      address: counted(paint.address),
      device: counted(paint.device),
    };
  }

  reset(): void {
    this.#made = 0;
  }

  /** Painted text may have been thrown away: no count fits any more. */
  distrust(): void {
    this.#made = Number.NaN;
  }

  /** Whether all codes in the text were made since {@link reset}. */
  madeAll(text: string): boolean {
    return countEscapes(text) === this.#made;
  }
}

function countEscapes(text: string): number {
  let count = 0;
  for (let at = text.indexOf(escapeCharacter); at >= 0; at = text.indexOf(escapeCharacter, at + 1)) count++;
  return count;
}
