import type { RecordLayout } from "./sorted-records.ts";

/** Runs of this length are sorted by insertion. */
const insertionLength = 16;

/**
 * Numbers of the first `count` records, in the order of their keys; equal ones stay as they are.
 *
 * A merge sort that merges only where neighbouring runs overlap, which is little when records are nearly in order.
 */
export function sortedOrder(records: Uint32Array, count: number, { words, keyWords }: RecordLayout): Uint32Array {
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  const isAfter = (a: number, b: number): boolean => compareRecords(records, a * words, records, b * words, keyWords) > 0;
  for (let start = 0; start < count; start += insertionLength)
    insertionSort(order, start, Math.min(start + insertionLength, count), isAfter);
  const spare = new Uint32Array(count);
  for (let width = insertionLength; width < count; width *= 2) {
    for (let start = 0; start + width < count; start += 2 * width) {
      merge(order, { start, middle: start + width, end: Math.min(start + 2 * width, count) }, spare, isAfter);
    }
  }
  return order;
}

/** Below zero, zero or above as one record's key is before, equal to or after the other's. */
export function compareRecords(a: Uint32Array, aAt: number, b: Uint32Array, bAt: number, keyWords: number): number {
  for (let i = 0; i < keyWords; i++) {
    const difference = a[aAt + i]! - b[bAt + i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

type IsAfter = (a: number, b: number) => boolean;

function insertionSort(order: Uint32Array, start: number, end: number, isAfter: IsAfter): void {
  for (let i = start + 1; i < end; i++) {
    const moved = order[i]!;
    let at = i;
    while (at > start && isAfter(order[at - 1]!, moved)) {
      order[at] = order[at - 1]!;
      at--;
    }
    order[at] = moved;
  }
}

interface Runs {
  readonly start: number;
  readonly middle: number;
  readonly end: number;
}

/** Merges two neighbouring sorted runs in place. */
function merge(order: Uint32Array, { start, middle, end }: Runs, spare: Uint32Array, isAfter: IsAfter): void {
  const first = order[middle]!;
  const last = order[middle - 1]!;
  if (!isAfter(last, first)) return;
  const from = firstWhere(order, start, middle, (number) => isAfter(number, first));
  const to = firstWhere(order, middle, end, (number) => !isAfter(last, number));
  spare.set(order.subarray(from, middle), 0);
  const left = middle - from;
  let i = 0;
  let right = middle;
  let out = from;
  while (i < left && right < to) order[out++] = isAfter(spare[i]!, order[right]!) ? order[right++]! : spare[i++]!;
  order.set(spare.subarray(i, left), out);
}

/** First position in a sorted run from which on `predicate` is true. */
function firstWhere(order: Uint32Array, start: number, end: number, predicate: (number: number) => boolean): number {
  while (start < end) {
    const middle = (start + end) >>> 1;
    if (predicate(order[middle]!)) end = middle;
    else start = middle + 1;
  }
  return start;
}
