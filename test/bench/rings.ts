/**
 * What it costs that CPUs share a ring: two CPUs drop packets at once, with one ring and with a ring each. The kernel's time of a
 * hit has the waiting for the ring's lock in it. The reader has no CPU of its own, so what is lost depends on the scheduler.
 */
import { availableParallelism } from "node:os";
import type { Benchmark, Figure } from "./figure.ts";
import { Flood } from "./flood.ts";
import { countRunTimes, programTimes } from "./program-times.ts";
import { TracedRun } from "./traced-run.ts";

const seconds = 2;
const rounds = 3;
const producers = [0, 1];

interface Sample {
  readonly nanoseconds: number;
  readonly lostPercent: number;
}

async function measure(flood: Flood, rings: number): Promise<Sample> {
  const args = ["collect", "-c", "skb,skb-drop,dev,ns", "--ring-size", "64M", "--rings", String(rings), "-o", "/dev/null"];
  const run = await TracedRun.start([...args, "--out-format", "cbor"]);
  try {
    const before = programTimes(run.pid);
    await flood.run(seconds, undefined, producers);
    const after = programTimes(run.pid);
    await run.stop();
    const lost = run.count(/Total events lost: (\d+)/);
    const all = lost + run.count(/(\d+) events? processed/);
    return { nanoseconds: (after.nanoseconds - before.nanoseconds) / (after.runs - before.runs), lostPercent: (100 * lost) / all };
  } catch (error) {
    run.kill();
    throw error;
  }
}

async function run(): Promise<readonly Figure[]> {
  if (availableParallelism() < producers.length) throw new Error("there is only one CPU");
  using _counting = countRunTimes();
  const flood = await Flood.prepare();
  try {
    const samples = new Map<number, Sample[]>([1, 2].map((rings) => [rings, []]));
    for (let round = 0; round < rounds; round++) for (const [rings, taken] of samples) taken.push(await measure(flood, rings));
    return [...samples].flatMap(([rings, taken]): Figure[] => {
      const name = `two CPUs drop, ${rings === 1 ? "one ring" : "a ring each"}`;
      return [
        { aim: "RINGS", measure: `kernel time of a hit, ${name}`, unit: "ns", samples: taken.map(({ nanoseconds }) => nanoseconds) },
        { aim: "RINGS", measure: "  lost", unit: "%", samples: taken.map(({ lostPercent }) => lostPercent) },
      ];
    });
  } finally {
    await flood.close();
  }
}

export const ringsBenchmark: Benchmark = { name: "rings", run };
