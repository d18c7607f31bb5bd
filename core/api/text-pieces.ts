import type { TextPiece } from "./section.ts";

/** @throws TypeError when a formatter did not return pieces of text */
export function assertPieces(pieces: unknown): asserts pieces is readonly TextPiece[] {
  if (!Array.isArray(pieces)) throw new TypeError(`it returned ${pieces === null ? "null" : typeof pieces} instead of a list of pieces`);
  for (let i = 0; i < pieces.length; i++) {
    const { at, text } = Object(pieces[i]) as Record<string, unknown>;
    if ((typeof at !== "number" && at !== "head") || (typeof text !== "string" && !Array.isArray(text)))
      throw new TypeError("it returned what is not a piece of text: at (head or a number) and text");
  }
}
