/** Base64 (RFC 4648 section 4, padded) within other bytes. */

const characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const padding = 0x3d;
/** Of a byte that is no character of base64; no character sets this bit. */
const foreign = 64;

const values = new Uint8Array(256).fill(foreign);
for (let value = 0; value < characters.length; value++) values[characters.charCodeAt(value)] = value;

/** Decodes text after text into the same bytes. */
export class Base64Reader {
  bytes: Uint8Array = new Uint8Array(1024);
  /** Number of bytes of the last text. */
  length = 0;

  /** Decodes the text at `start`; returns the position after it, -1 when it is not base64. */
  read(source: Uint8Array, start: number, end: number): number {
    let at = start;
    let out = 0;
    let target = this.bytes;
    for (; at + 4 <= end; at += 4) {
      const a = values[source[at]!]!;
      const b = values[source[at + 1]!]!;
      const c = values[source[at + 2]!]!;
      const d = values[source[at + 3]!]!;
      if (((a | b | c | d) & foreign) !== 0) break;
      if (out + 3 > target.length) target = this.#enlarge();
      target[out] = (a << 2) | (b >> 4);
      target[out + 1] = (b << 4) | (c >> 2);
      target[out + 2] = (c << 6) | d;
      out += 3;
    }
    this.length = out;
    return this.#endOfText(source, at, end);
  }

  /** The last four characters, when they are padded, have unused bits that must be zero. */
  #endOfText(source: Uint8Array, at: number, end: number): number {
    if (at + 4 > end || source[at + 3] !== padding) return at < end && values[source[at]!] === foreign ? at : -1;
    const [a, b, c] = [values[source[at]!]!, values[source[at + 1]!]!, values[source[at + 2]!]!];
    if (((a | b) & foreign) !== 0) return -1;
    if (this.length + 3 > this.bytes.length) this.#enlarge();
    this.bytes[this.length++] = (a << 2) | (b >> 4);
    if (source[at + 2] === padding) return (b & 15) === 0 ? at + 4 : -1;
    if (c === foreign || (c & 3) !== 0) return -1;
    this.bytes[this.length++] = (b << 4) | (c >> 2);
    return at + 4;
  }

  #enlarge(): Uint8Array {
    const larger = new Uint8Array(this.bytes.length * 2);
    larger.set(this.bytes);
    return (this.bytes = larger);
  }
}
