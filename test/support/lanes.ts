/** Runs jobs side by side. */

/** Runs jobs in their order, at most `count` at a time; returns their results in the order of the jobs. */
export async function inLanes<T>(jobs: readonly (() => Promise<T>)[], count: number): Promise<readonly T[]> {
  const results: T[] = [];
  let next = 0;
  const lane = async () => {
    while (next < jobs.length) {
      const index = next++;
      results[index] = await jobs[index]!();
    }
  };
  await Promise.all(Array.from({ length: count }, lane));
  return results;
}
