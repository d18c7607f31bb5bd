/** Takes an item (what a map or array of the CBOR form, or a line of the JSON form, holds) and the offset of its first byte. */
export type AcceptItem = (item: unknown, offset: number) => void;

/** Told of damage: where it begins, what it is and what became of it. */
export type ReportDamage = (offset: number, message: string) => void;

/** The items of one file in order. */
export interface SequenceReader {
  /**
   * Gives the whole items that are at hand to `accept`, up to `limit`; reads on when there is none. It returns from time to
   * time while it passes over a long item that is left out, so that signals are noted.
   *
   * @returns false at the end, when no item was given. Damage is reported, never thrown
   */
  read(accept: AcceptItem, limit: number): boolean;
}
