/**
 * P5: from the start of `collect -c skb,skb-drop` until its probes are live, and from Ctrl-C until it is gone. The phases
 * come from separate runs, so that their messages do not take part in what is measured.
 */
import { runCommand } from "../support/command.ts";
import { retisPath } from "../support/retis.ts";
import type { Benchmark, Figure } from "./figure.ts";
import { phasesOf } from "./phases.ts";
import { TracedRun } from "./traced-run.ts";

const args = ["collect", "-c", "skb,skb-drop"];
/** Time between start and Ctrl-C: the run has settled. */
const settleMs = 200;

/** Milliseconds of a run that does nothing: what the executable itself takes. */
async function bareStart(): Promise<number> {
  const from = performance.now();
  await runCommand([retisPath, "--version"]);
  return performance.now() - from;
}

async function once(
  log: readonly string[],
): Promise<{ readonly live: number; readonly exit: number; readonly phases: ReadonlyMap<string, number> }> {
  const run = await TracedRun.start([...log, ...args]);
  await Bun.sleep(settleMs);
  const exit = await run.stop();
  return { live: run.liveMs, exit, phases: phasesOf(run.messages) };
}

async function repeat<T>(times: number, action: () => Promise<T>): Promise<readonly T[]> {
  const results: T[] = [];
  for (let time = 0; time < times; time++) results.push(await action());
  return results;
}

async function run(): Promise<readonly Figure[]> {
  const runs = Number(process.env["BENCH_RUNS"] ?? 15);
  await once([]); // the executable comes from memory from now on
  const bare = await repeat(runs, bareStart);
  const plain = await repeat(runs, () => once([]));
  const logged = await repeat(Math.min(runs, 5), () => once(["--log-level", "debug"]));
  const phases = [...(logged[0]?.phases.keys() ?? [])].filter((phase) => !["collected", "stopped"].includes(phase));
  return [
    { aim: "P5", measure: "start until probes are live", unit: "ms", samples: plain.map(({ live }) => live), atMost: 250 },
    { aim: "P5", measure: "  retis --version, start to end", unit: "ms", samples: bare },
    ...phases.map((phase) => ({
      aim: "P5",
      measure: `  ${phase}`,
      unit: "ms",
      samples: logged.map((one) => one.phases.get(phase) ?? Number.NaN),
    })),
    { aim: "P5", measure: "Ctrl-C until it is gone", unit: "ms", samples: plain.map(({ exit }) => exit), atMost: 150 },
  ];
}

export const startBenchmark: Benchmark = { name: "start", run };
