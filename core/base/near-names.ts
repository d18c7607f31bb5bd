/**
 * Known names that a misspelt one may have meant, nearest first. Made for long lists: most names are dismissed by their
 * length alone.
 * @param limit how many to name at most
 */
export function nearNames(name: string, known: Iterable<string>, limit = 3): readonly string[] {
  const furthest = Math.min(4, Math.max(1, Math.floor(name.length / 4)));
  const near = new Map<string, number>();
  for (const candidate of known) {
    if (candidate === name || Math.abs(candidate.length - name.length) > furthest || near.has(candidate)) continue;
    const distance = editDistance(name, candidate, furthest);
    if (distance <= furthest) near.set(candidate, distance);
  }
  return [...near]
    .sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([candidate]) => candidate);
}

/**
 * The known name nearest to a misspelt one, or undefined when none is near enough to be worth naming. For short lists of
 * our own words: up to two letters in five may differ.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let furthest = Math.max(1, Math.floor(name.length * 0.4));
  for (const candidate of known) {
    const distance = editDistance(name, candidate, furthest);
    if (distance > furthest) continue;
    nearest = candidate;
    furthest = distance - 1;
  }
  return nearest;
}

/**
 * Number of letters replaced, added, left out, or swapped with the next one (optimal string alignment distance); anything
 * above `furthest` may be returned as soon as it is certain to be exceeded.
 */
function editDistance(a: string, b: string, furthest: number): number {
  let beforePrevious: readonly number[] = [];
  let previous: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    let smallest = row;
    for (let column = 1; column <= b.length; column++) {
      const replaced = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      const swapped = isSwap(a, row, b, column) ? beforePrevious[column - 2]! + 1 : replaced;
      const distance = Math.min(replaced, swapped, previous[column]! + 1, current[column - 1]! + 1);
      current.push(distance);
      if (distance < smallest) smallest = distance;
    }
    // A swap looks two rows back, so one row beyond the limit is not the end yet.
    if (smallest > furthest && Math.min(...previous) > furthest) return smallest;
    [beforePrevious, previous] = [previous, current];
  }
  return previous[b.length]!;
}

/** Whether the last two letters of the first `row` of `a` are those of the first `column` of `b` the other way round. */
function isSwap(a: string, row: number, b: string, column: number): boolean {
  return row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
}
