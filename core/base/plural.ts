/**
 * A count with its noun: `1 event`, `2 events`, `0 events`.
 *
 * @param noun singular of a noun whose plural ends in s
 */
export function counted(count: number | bigint, noun: string): string {
  return `${count} ${noun}${Number(count) === 1 ? "" : "s"}`;
}
