/** What the text of the events of a pattern consists of, as native/event-match.c writes it. */

/** As in native/event-match.c. */
const codes = { end: 0, text: 1, decimal: 2, hexadecimal: 3, trackingId: 4, otherProcess: 5, base64: 6, packet: 7 } as const;

/** A part of the text; integers of the event by their numbers. */
export type TextPart =
  | string
  | { readonly decimal: number }
  | { readonly hexadecimal: number }
  /** The identity of a packet, made of a time and an address. */
  | { readonly trackingId: readonly [time: number, head: number] }
  /** The first number and a slash, unless both are the same. */
  | { readonly otherProcess: readonly [process: number, thread: number] }
  /** Of the bytes in the hole: base64, or what `EventWriter.keepPacket` was told. */
  | { readonly bytes: "base64" | "packet" };

/** Words of a program. @param addText keeps text and returns where it is */
export function programOf(parts: readonly TextPart[], addText: (text: Uint8Array) => number): readonly number[] {
  const words: number[] = [];
  for (const part of joinedTexts(parts)) {
    if (typeof part === "string") {
      const text = Buffer.from(part, "utf8");
      words.push(codes.text, addText(text), text.length);
    } else {
      words.push(...wordsOf(part));
    }
  }
  words.push(codes.end);
  return words;
}

/** Texts that follow each other as one. */
function joinedTexts(parts: readonly TextPart[]): readonly TextPart[] {
  const joined: TextPart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (typeof part === "string" && typeof last === "string") joined[joined.length - 1] = last + part;
    else if (part !== "") joined.push(part);
  }
  return joined;
}

function wordsOf(part: Exclude<TextPart, string>): readonly number[] {
  if ("decimal" in part) return [codes.decimal, part.decimal];
  if ("hexadecimal" in part) return [codes.hexadecimal, part.hexadecimal];
  if ("trackingId" in part) return [codes.trackingId, ...part.trackingId];
  if ("otherProcess" in part) return [codes.otherProcess, ...part.otherProcess];
  return [codes[part.bytes]];
}
