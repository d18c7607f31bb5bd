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

/** CPUs that drop, and rings that they send to. */
interface Variant {
  readonly name: string;
  readonly producers: readonly number[];
  readonly rings: number;
}

const variants: readonly Variant[] = [
  { name: "one CPU drops", producers: [0], rings: 1 },
  { name: "one CPU drops, two rings", producers: [0], rings: 2 },
  { name: "two CPUs drop, one ring", producers: [0, 1], rings: 1 },
  { name: "two CPUs drop, a ring each", producers: [0, 1], rings: 2 },
];

interface Sample {
  readonly nanoseconds: number;
  readonly lostPercent: number;
}

async function measure(flood: Flood, { producers, rings }: Variant): Promise<Sample> {
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
  if (availableParallelism() < 2) throw new Error("there is only one CPU");
  using _counting = countRunTimes();
  const flood = await Flood.prepare();
  try {
    const samples = variants.map((variant) => ({ variant, taken: [] as Sample[] }));
    for (let round = 0; round < rounds; round++) for (const { variant, taken } of samples) taken.push(await measure(flood, variant));
    return samples.flatMap(({ variant: { name }, taken }): Figure[] => [
      { aim: "RINGS", measure: `kernel time of a hit, ${name}`, unit: "ns", samples: taken.map(({ nanoseconds }) => nanoseconds) },
      { aim: "RINGS", measure: "  lost", unit: "%", samples: taken.map(({ lostPercent }) => lostPercent) },
    ]);
  } finally {
    await flood.close();
  }
}

export const ringsBenchmark: Benchmark = { name: "rings", run };
