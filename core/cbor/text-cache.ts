/** Longest text that is looked up; longer ones seldom recur. */
const maxLength = 64;
const slots = 4096;

/**
 * Decodes UTF-8, remembering texts that recur (symbols, task and device names, reasons): comparing bytes is several times
 * as fast as making a new string, and equal texts share memory.
 */
export class TextCache {
  /** Bytes of the texts, `maxLength` for each slot. */
  readonly #known = new Uint8Array(slots * maxLength);
  readonly #knownWords = new DataView(this.#known.buffer);
  readonly #lengths = new Uint8Array(slots);
  readonly #texts: string[] = new Array(slots).fill("");

  /**
   * Text of `length` bytes from `start`; bytes that are not UTF-8 become U+FFFD.
   *
   * @param words view of `source`
   */
  text(source: Uint8Array, words: DataView, start: number, length: number): string {
    if (length > maxLength) return decodeUtf8(source, start, length);
    const slot = slotOf(source, words, start, length);
    if (this.#lengths[slot] === length && this.#equalsAt(slot * maxLength, source, words, start, length))
      return this.#texts[slot] as string;
    const text = decodeUtf8(source, start, length);
    this.#known.set(source.subarray(start, start + length), slot * maxLength);
    this.#lengths[slot] = length;
    this.#texts[slot] = text;
    return text;
  }

  #equalsAt(at: number, source: Uint8Array, words: DataView, start: number, length: number): boolean {
    let i = 0;
    for (; i + 4 <= length; i += 4) if (this.#knownWords.getInt32(at + i, true) !== words.getInt32(start + i, true)) return false;
    for (; i < length; i++) if (this.#known[at + i] !== source[start + i]) return false;
    return true;
  }
}

/** Four bytes at a time, as they are read at every look-up. */
function slotOf(source: Uint8Array, words: DataView, start: number, length: number): number {
  let hash = length;
  let i = 0;
  for (; i + 4 <= length; i += 4) hash = mixed(hash, words.getInt32(start + i, true));
  for (; i < length; i++) hash = mixed(hash, source[start + i] as number);
  return (hash ^ (hash >>> 12)) & (slots - 1);
}

/** A multiplication spreads a difference upwards only, the shift brings it down again. */
function mixed(hash: number, value: number): number {
  const product = Math.imul(hash ^ value, 0x9e3779b1);
  return product ^ (product >>> 15);
}

function decodeUtf8(source: Uint8Array, start: number, length: number): string {
  return Buffer.from(source.buffer, source.byteOffset + start, length).toString("utf8");
}
