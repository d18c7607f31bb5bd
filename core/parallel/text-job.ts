import type { TimeMode } from "../api/collect-options.ts";

/** What every thread has to know to make text of a file's events; it can be copied to another thread. */
export interface TextJob {
  /** Of a plain, unsorted file of the CBOR form in the latest layout. */
  readonly path: string;
  readonly format: "single-line" | "multi-line";
  readonly linkLayer: boolean;
  readonly time: Exclude<TimeMode, "delta">;
  readonly colour: boolean;
  /** Where the first range begins. */
  readonly from: number;
  /** Bytes of a range: an item belongs to the one that its first byte is in. */
  readonly rangeSize: number;
  readonly ranges: number;
}

/** Bytes of ranges in files of users, see `shared-work.ts`. */
export const usualRangeSize = 512 * 1024;

/** Offset of the first byte of a range, and so of the end of the one before. */
export function rangeStart({ from, rangeSize }: TextJob, range: number): number {
  return from + range * rangeSize;
}
