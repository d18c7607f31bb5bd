/** What the next gathered bytes are (RFC 8878 section 3.1). */
type Part = "magic" | "skippable-size" | "descriptor" | "block-header" | "unknown";

const partSizes: Readonly<Record<Part, number>> = {
  magic: 4,
  "skippable-size": 4,
  descriptor: 1,
  "block-header": 3,
  unknown: Infinity,
};

const frameMagic = 0xfd2fb528;
/** Skippable frames: 0x184d2a50 … 0x184d2a5f. */
const skippableMagic = 0x184d2a5;

const dictionaryIdSizes = [0, 1, 2, 4];
const contentSizeSizes = [0, 2, 4, 8];

/** Follows the frames of compressed bytes as they pass, to know at the end whether the last frame was whole. */
export class ZstdFrameWatch {
  #part: Part = "magic";
  /** The gathered bytes of the part, little endian, and how many there are. */
  #value = 0;
  #gathered = 0;
  /** Bytes to pass over before the part begins. */
  #skip = 0;
  #hasChecksum = false;
  /** What is being passed over is a block. */
  #inBlock = false;

  /** Whether the bytes so far end inside a frame. */
  get open(): boolean {
    return this.#part !== "magic" || this.#gathered > 0 || this.#skip > 0;
  }

  /**
   * Passes over the bytes from `at` to the end of the next block or frame, at most to `end`.
   *
   * @returns the position reached
   */
  follow(bytes: Uint8Array, at: number, end: number): number {
    while (at < end) {
      const skipped = Math.min(this.#skip, end - at);
      this.#skip -= skipped;
      at += skipped;
      if (this.#skip === 0 && this.#inBlock) {
        this.#inBlock = false;
        return at;
      }
      if (at < end) this.#gather(bytes[at++] as number);
    }
    return at;
  }

  #gather(byte: number): void {
    this.#value += byte * 256 ** this.#gathered++;
    if (this.#gathered < partSizes[this.#part]) return;
    const value = this.#value;
    this.#value = 0;
    this.#gathered = 0;
    this.#take(value);
  }

  #take(value: number): void {
    switch (this.#part) {
      case "magic":
        if (value === frameMagic) this.#part = "descriptor";
        else this.#part = Math.floor(value / 16) === skippableMagic ? "skippable-size" : "unknown";
        return;
      case "skippable-size":
        this.#advance("magic", value);
        return;
      case "descriptor":
        this.#hasChecksum = (value & 4) !== 0;
        this.#advance("block-header", headerRest(value));
        return;
      case "block-header":
        this.#block(value);
    }
  }

  #block(header: number): void {
    const isRunLength = ((header >> 1) & 3) === 1;
    const size = isRunLength ? 1 : header >> 3;
    const isLast = (header & 1) === 1;
    this.#inBlock = true;
    if (isLast) this.#advance("magic", size + (this.#hasChecksum ? 4 : 0));
    else this.#advance("block-header", size);
  }

  #advance(part: Part, skip: number): void {
    this.#part = part;
    this.#skip = skip;
  }
}

/** Bytes of the frame header after its descriptor: window, dictionary id and content size (RFC 8878 section 3.1.1.1). */
function headerRest(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const contentSize = contentSizeSizes[descriptor >> 6] as number;
  return (
    (isSingleSegment ? 0 : 1) + (dictionaryIdSizes[descriptor & 3] as number) + (contentSize === 0 && isSingleSegment ? 1 : contentSize)
  );
}
