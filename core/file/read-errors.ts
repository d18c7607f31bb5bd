/** Something in a file that could not be read, or was read only in part. */
export interface ReadError {
  readonly path: string;
  /** Where it is: bytes from the start of the file, or of the uncompressed data of a zstd file. */
  readonly offset: number;
  /** What it is and what became of it, e.g. "line 7 is damaged and was left out". */
  readonly message: string;
}

/** Errors kept; a damaged file of any size must not fill the memory. */
const maxKept = 100;

/** The read errors of one reading, the first hundred of them in full. */
export class ReadErrors {
  readonly #kept: ReadError[] = [];
  #count = 0;

  /** Number of read errors, those not kept included. */
  get count(): number {
    return this.#count;
  }

  get kept(): readonly ReadError[] {
    return this.#kept;
  }

  add(path: string, offset: number, message: string): void {
    this.#count++;
    if (this.#kept.length < maxKept) this.#kept.push({ path, offset, message });
  }
}
