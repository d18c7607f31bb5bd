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
  return [...near].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1)).slice(0, limit).map(([candidate]) => candidate);
}

/** Levenshtein distance; anything above `furthest` may be returned as soon as it is certain to be exceeded. */
function editDistance(a: string, b: string, furthest: number): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    let smallest = row;
    for (let column = 1; column <= b.length; column++) {
      const replaced = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      const distance = Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1);
      current.push(distance);
      if (distance < smallest) smallest = distance;
    }
    if (smallest > furthest) return smallest;
    previous = current;
  }
  return previous[b.length]!;
}
