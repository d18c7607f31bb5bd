import type { Section } from "../api/section.ts";
import { RangeFormatter } from "./range-text.ts";
import { SharedWork } from "./shared-work.ts";
import type { TextJob } from "./text-job.ts";

/** What a worker is started with. */
export interface WorkerTask {
  readonly job: TextJob;
  readonly buffer: SharedArrayBuffer;
}

/** Formats ranges until none is left. */
export function runTask({ job, buffer }: WorkerTask, sections: readonly Section[]): void {
  const work = new SharedWork(job.ranges, buffer);
  let formatter: RangeFormatter | undefined;
  try {
    formatter = new RangeFormatter(job, sections);
  } catch {
    return; // The other thread does it all.
  }
  for (let range = work.waitToTake(); range !== undefined; range = work.waitToTake())
    work.put(range, formatter.format(range, work.bytes(range)));
  formatter.close();
}
