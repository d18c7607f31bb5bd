/**
 * P3: kernel time of one probe hit under a flood of drops, with a filter that lets them pass and one that rejects them; what each
 * section, a stack and tracking add. The kernel reads the clock for each run of a program, which takes a part of what it
 * counts: an empty program shows how much. With another executable of retis as base, runs of both alternate, and ratios are shown.
 *
 * In a guest whose clock counts instructions (VMRUN_ICOUNT=0, test/kernel/vmrun) the figures are instructions, the same each time.
 */
import { EmptyProgram } from "./empty-program.ts";
import { type Benchmark, type Figure, median } from "./figure.ts";
import { cpus, Flood } from "./flood.ts";
import { countRunTimes, programTimes } from "./program-times.ts";
import { TracedRun } from "./traced-run.ts";
import { retisPath } from "../support/retis.ts";

/** Runs of each variant, and how long one drops packets. */
const rounds = 3;
const seconds = 2;
/** Interval of one sample. */
const sampleMs = 100;
/** Leaves the reader time, so that what is measured is recorded and not lost. */
const pauseMicroseconds = 8000;

interface Variant {
  readonly name: string;
  readonly collectors: readonly string[];
  readonly options: readonly string[];
  readonly atMost?: number;
  /** The figure is what this adds to the first variant, or takes from it. */
  readonly adds?: 1 | -1;
}

const collectors = ["skb", "skb-drop", "dev", "ns"];
const passing = ["-f", "udp and src host 127.0.0.1"];
const rejecting = ["-f", "tcp port 443"];
/** Where packets are dropped; named, as without collector skb-drop nothing else does. */
const dropped = ["-p", "skb:kfree_skb"];
/** A second place where packets are seen, so that they are tracked from there to their drop. */
const received = ["-p", "net:netif_receive_skb"];

const all: Variant = { name: "no filter", collectors, options: dropped, atMost: 600 };
const variants: readonly Variant[] = [
  all,
  { name: "filter passing", collectors, options: [...dropped, ...passing], atMost: 600 },
  { name: "filter rejecting", collectors, options: [...dropped, ...rejecting], atMost: 150 },
  ...collectors.map(
    (name): Variant => ({
      name: `of it, collector ${name}`,
      collectors: collectors.filter((other) => other !== name),
      options: dropped,
      adds: -1,
    }),
  ),
  { name: "in addition, --stack", collectors, options: [...dropped, "--stack"], adds: 1 },
  { name: "in addition, tracking", collectors: ["skb-tracking", ...collectors], options: dropped, adds: 1 },
  { name: "packets tracked, filter passing", collectors: ["skb-tracking", ...collectors], options: [...received, ...passing], atMost: 600 },
  {
    name: "packets tracked, filter rejecting",
    collectors: ["skb-tracking", ...collectors],
    options: [...received, ...rejecting],
    atMost: 150,
  },
];

/** Nanoseconds for each hit, by interval. The ends are left out: the flood starts and stops within them. */
async function sample(pid: number, flooding: Promise<void>): Promise<readonly number[]> {
  const samples: number[] = [];
  let last = programTimes(pid);
  let going = true;
  void flooding.finally(() => (going = false));
  while (going) {
    await Bun.sleep(sampleMs);
    const now = programTimes(pid);
    if (now.runs > last.runs) samples.push((now.nanoseconds - last.nanoseconds) / (now.runs - last.runs));
    last = now;
  }
  return samples.slice(1, -1);
}

async function measure(flood: Flood, program: string, { collectors, options }: Variant): Promise<readonly number[]> {
  const run = await TracedRun.start(["collect", "-c", collectors.join(), "-o", "/dev/null", "--out-format", "cbor", ...options], {
    program,
    cpu: cpus.reader,
  });
  try {
    const flooding = flood.run(seconds, pauseMicroseconds);
    const samples = await sample(run.pid, flooding);
    await flooding;
    return samples;
  } finally {
    await run.stop();
  }
}

async function measureCounting(flood: Flood): Promise<Figure> {
  using _program = EmptyProgram.attach("kfree_skb");
  const flooding = flood.run(seconds, pauseMicroseconds);
  const samples = await sample(process.pid, flooding);
  await flooding;
  return { aim: "P3", measure: "  an empty program", unit: "ns", samples };
}

/** Samples of each variant, in order. */
async function measureAll(flood: Flood, programs: readonly string[]): Promise<readonly (readonly number[])[][]> {
  const samples = programs.map(() => variants.map((): number[] => []));
  for (let round = 0; round < rounds; round++)
    for (const [index, variant] of variants.entries())
      for (const [of, program] of programs.entries()) samples[of]![index]!.push(...(await measure(flood, program, variant)));
  return samples;
}

/** What a variant takes, or what it adds to the first. */
function valuesOf({ adds }: Variant, samples: readonly number[], first: readonly number[]): readonly number[] {
  return adds === undefined ? samples : [adds * (median(samples) - median(first))];
}

function figuresOf(samples: readonly (readonly number[])[], base: readonly (readonly number[])[] | undefined): readonly Figure[] {
  return variants.flatMap((variant, index): readonly Figure[] => {
    const values = valuesOf(variant, samples[index]!, samples[0]!);
    const { name, atMost } = variant;
    const figure = { aim: "P3", measure: `kernel time of a hit, ${name}`, unit: "ns", samples: values, ...(atMost && { atMost }) };
    if (!base) return [figure];
    const ratio = median(values) / median(valuesOf(variant, base[index]!, base[0]!));
    return [figure, { aim: "P3", measure: "  of the base", unit: "ratio", samples: [ratio] }];
  });
}

async function run(): Promise<readonly Figure[]> {
  using _counting = countRunTimes();
  const flood = await Flood.prepare();
  try {
    const base = process.env["BENCH_BASE"];
    const [samples, ofBase] = await measureAll(flood, base === undefined ? [retisPath] : [retisPath, base]);
    return [...figuresOf(samples!, ofBase), await measureCounting(flood)];
  } finally {
    await flood.close();
  }
}

export const kernelTimeBenchmark: Benchmark = { name: "kernel-time", run };
