/** Finds the end of a JSON text in a stream that has no delimiters (RFC 8259, only as far as needed for that). */

const [openBrace, closeBrace, quote, backslash] = [0x7b, 0x7d, 0x22, 0x5c];

/** Bytes of a reply; a longer one is taken for something else. */
export const longestReply = 4 * 1024 * 1024;

/** Takes the bytes of one reply, which is an object, as they come. */
export class JsonReply {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #depth = 0;
  #inText = false;
  #escaped = false;

  /**
   * Adds bytes.
   * @returns the object once it is complete; what follows it is ignored
   * @throws Error when this is no object, or too long
   */
  add(chunk: Buffer): Readonly<Record<string, unknown>> | undefined {
    const end = this.#endIn(chunk);
    this.#chunks.push(end === undefined ? chunk : chunk.subarray(0, end));
    this.#bytes += chunk.length;
    if (end !== undefined) return JSON.parse(Buffer.concat(this.#chunks).toString("utf8")) as Record<string, unknown>;
    if (this.#bytes > longestReply) throw new Error(`a reply of more than ${longestReply} bytes`);
    return undefined;
  }

  #endIn(chunk: Buffer): number | undefined {
    for (const [at, byte] of chunk.entries()) {
      if (this.#inText) this.#takeText(byte);
      else if (byte === quote) this.#inText = true;
      else if (byte === openBrace) this.#depth++;
      else if (byte === closeBrace && --this.#depth === 0) return at + 1;
      if (this.#depth === 0 && byte > 0x20) throw new Error("a reply that is not a JSON object");
    }
    return undefined;
  }

  #takeText(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === backslash) this.#escaped = true;
    else if (byte === quote) this.#inText = false;
  }
}
