import { containerWeight, maxDepth, maxValues, mayHaveManyValues } from "../cbor/item-end.ts";

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;

/** Of the bytes of JSON that open or close (RFC 8259 section 2), by how much they change the depth. */
const depthChange = new Int8Array(256);
for (const open of "[{") depthChange[open.charCodeAt(0)] = 1;
for (const close of "]}") depthChange[close.charCodeAt(0)] = -1;

/**
 * Refuses JSON that is nested more deeply, or has more values, than the CBOR form may: a parser of such text runs out of stack or
 * memory. The limits are those of {@link maxDepth} and {@link maxValues}.
 *
 * @throws SyntaxError
 */
export function checkJsonSize(text: Uint8Array): void {
  if (mayNestDeeply(text) && depthOf(text) > maxDepth) throw new SyntaxError(`it is nested deeper than ${maxDepth} levels`);
  if (mayHaveManyValues(text.length) && valuesOf(text) > maxValues)
    throw new SyntaxError(`it has more than ${maxValues / 1e6} million values`);
}

/** Whether there are more openings than the deepest text has; those in texts count too, so that no second look is needed. */
function mayNestDeeply(text: Uint8Array): boolean {
  let openings = 0;
  for (let at = 0; at < text.length; at++) if (depthChange[text[at]!] === 1) openings++;
  return openings > maxDepth;
}

function depthOf(text: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at]!;
    if (byte === quote) at = textEnd(text, at + 1);
    else if (depthChange[byte] !== 0) {
      depth += depthChange[byte]!;
      if (depth > deepest) deepest = depth;
    }
  }
  return deepest;
}

/** The position of the quote that ends the text, or the end. */
function textEnd(text: Uint8Array, start: number): number {
  let at = start;
  while (at < text.length && text[at] !== quote) at += text[at] === backslash ? 2 : 1;
  return at;
}

/** At most so many values: each but the first follows an opening or a comma. Those in texts count too. */
function valuesOf(text: Uint8Array): number {
  let count = 1;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === comma) count++;
    else if (depthChange[text[at]!] === 1) count += 1 + containerWeight;
  }
  return count;
}
