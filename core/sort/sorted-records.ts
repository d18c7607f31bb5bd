/** How records of 32-bit words are laid out; they are ordered by their first `keyWords` words. */
export interface RecordLayout {
  readonly words: number;
  readonly keyWords: number;
}

/** Records in order. After `next`, the record is `words[at]` and what follows; it holds until the next call. */
export interface SortedRecords {
  readonly words: Uint32Array;
  readonly at: number;
  /** Goes to the next record; false at the end. */
  next(): boolean;
}
