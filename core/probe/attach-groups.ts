/** Attaching many at once to a kernel that refuses all when it refuses one. Each group takes the kernel time, above all to detach. */

/** Guesses for each of some items whether it can be attached. */
export type Guess<T> = (items: readonly T[]) => readonly boolean[];

/**
 * Attaches all items in one group, without those that cannot be attached by the first of the guesses that is enough; these are
 * tried by themselves.
 * @param attach attaches a group as a whole; returns the errno (positive) when the kernel refuses it
 * @param refused called for each culprit
 * @param guesses cheapest first; made only when the kernel refuses what is left by those before
 * @returns the items that are attached
 */
export function attachTogether<T>(
  items: readonly T[],
  attach: (group: readonly T[]) => number | undefined,
  refused: (item: T, errno: number) => void,
  guesses: readonly Guess<T>[],
): readonly T[] {
  if (items.length <= 1) return attachInGroups(items, attach, refused);
  if (attach(items) === undefined) return items;
  let likely = items;
  const others: T[] = [];
  for (const guess of guesses) {
    const possible = guess(likely);
    const left = likely.filter((_item, index) => possible[index]);
    if (left.length === likely.length) continue;
    others.push(...likely.filter((_item, index) => !possible[index]));
    likely = left;
    if (likely.length > 0 && attach(likely) === undefined) return [...likely, ...attachInGroups(others, attach, refused)];
  }
  return [likely, others].flatMap((some) => attachInGroups(some, attach, refused));
}

/**
 * Attaches all items in as few groups as it takes: a refused group is tried again in halves, until the culprits are
 * alone.
 * @param attach attaches a group as a whole; returns the errno (positive) when the kernel refuses it
 * @param refused called for each culprit
 * @returns the items that are attached, in order
 */
export function attachInGroups<T>(
  items: readonly T[],
  attach: (group: readonly T[]) => number | undefined,
  refused: (item: T, errno: number) => void,
): readonly T[] {
  const [first] = items;
  if (first === undefined) return [];
  const errno = attach(items);
  if (errno === undefined) return items;
  if (items.length === 1) {
    refused(first, errno);
    return [];
  }
  const middle = items.length >> 1;
  return [items.slice(0, middle), items.slice(middle)].flatMap((half) => attachInGroups(half, attach, refused));
}
