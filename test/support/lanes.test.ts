import { expect, test } from "bun:test";
import { inLanes } from "./lanes.ts";

test("as many jobs run at a time as there are lanes; results keep the order of the jobs", async () => {
  let running = 0;
  let most = 0;
  const job = (turns: number) => async () => {
    most = Math.max(most, ++running);
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    running--;
    return turns;
  };
  expect(await inLanes([9, 1, 5, 0, 3].map(job), 2)).toEqual([9, 1, 5, 0, 3]);
  expect(most).toBe(2);
});

test("a job that fails fails the whole", async () => {
  const jobs = [() => Promise.resolve(1), () => Promise.reject(new Error("no"))];
  expect(inLanes(jobs, 2)).rejects.toThrow("no");
});
