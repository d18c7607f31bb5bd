/** Longest text that is looked up; longer ones seldom recur. */
const maxLength = 64;
const slots = 4096;

/**
 * Decodes UTF-8, remembering texts that recur (symbols, task and device names, reasons): comparing bytes is several times
 * as fast as making a new string, and equal texts share memory.
 */
export class TextCache {
  readonly #bytes: (Uint8Array | undefined)[] = new Array(slots).fill(undefined);
  readonly #texts: string[] = new Array(slots).fill("");

  /** Text of `length` bytes from `start`; bytes that are not UTF-8 become U+FFFD. */
  text(source: Uint8Array, start: number, length: number): string {
    if (length > maxLength) return decodeUtf8(source, start, length);
    let hash = length;
    for (let i = start; i < start + length; i++) hash = (Math.imul(hash, 31) + (source[i] as number)) | 0;
    const slot = (hash ^ (hash >>> 12)) & (slots - 1);
    const known = this.#bytes[slot];
    if (known !== undefined && equal(known, source, start, length)) return this.#texts[slot] as string;
    const text = decodeUtf8(source, start, length);
    this.#bytes[slot] = source.slice(start, start + length);
    this.#texts[slot] = text;
    return text;
  }
}

function equal(known: Uint8Array, source: Uint8Array, start: number, length: number): boolean {
  if (known.length !== length) return false;
  for (let i = 0; i < length; i++) if (known[i] !== source[start + i]) return false;
  return true;
}

function decodeUtf8(source: Uint8Array, start: number, length: number): string {
  return Buffer.from(source.buffer, source.byteOffset + start, length).toString("utf8");
}
