const firstMs = 100;
const longestMs = 60_000;

/** Milliseconds until something is looked up again that was looked up so many times. */
export function pauseAfter(tries: number): number {
  return Math.min(firstMs * 2 ** (tries - 1), longestMs);
}
