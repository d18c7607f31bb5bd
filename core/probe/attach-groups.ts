/** Attaching many at once to a kernel that refuses all when it refuses one. */

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
