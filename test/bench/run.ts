/**
 * Runs the benchmarks and prints one table: `npm run bench [-- NAME...]`, all of them without a name (also `p2` for a
 * number of the design). As root, on a machine that does nothing else. A figure that misses its aim is not an error; the exit
 * status is 1 only when a benchmark could not run.
 *
 * - `BENCH_SECONDS`: how long packets are dropped and recorded for the loss benchmark, 60 by default
 * - `BENCH_RUNS`: how often a collection is started for the start benchmark, 15 by default, and how often a file is read, 5
 *   by default
 * - `BENCH_EVENTS`: events in the files that are read, a million by default
 * - `RETIS_BIN`: the tool that is measured, by default dist/retis
 * - `BENCH_BASE`, or option `--base PATH`: another executable of retis, which kernel-time is compared with
 * - `BENCH_ORIGINAL`, `BENCH_PWRU`, or options `--original PATH`, `--pwru PATH`: executables that it is compared with (peers)
 */
import { loadavg } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { removeAbandonedNamespaces } from "../support/netns.ts";
import { attachBenchmark } from "./attach.ts";
import { fileSizeBenchmark } from "./file-size.ts";
import { type Benchmark, type Figure, formatTable } from "./figure.ts";
import { idleBenchmark } from "./idle.ts";
import { kernelTimeBenchmark } from "./kernel-time.ts";
import { liveBenchmark } from "./live.ts";
import { lossBenchmark } from "./loss.ts";
import { offlineBenchmark } from "./offline.ts";
import { ovsBenchmark } from "./ovs.ts";
import { peersBenchmark } from "./peers/peers.ts";
import { recordBenchmark } from "./record.ts";
import { ringsBenchmark } from "./rings.ts";
import { sortBenchmark } from "./sort.ts";
import { startBenchmark } from "./start.ts";

const benchmarks: Readonly<Record<string, Benchmark>> = {
  P1: recordBenchmark,
  P2: lossBenchmark,
  P3: kernelTimeBenchmark,
  P4: attachBenchmark,
  P5: startBenchmark,
  P6: offlineBenchmark,
  P6SORT: sortBenchmark,
  P7: fileSizeBenchmark,
  P8: idleBenchmark,
  LIVE: liveBenchmark,
  OVS: ovsBenchmark,
  RINGS: ringsBenchmark,
  PEERS: peersBenchmark,
};

function choose(names: readonly string[]): readonly Benchmark[] {
  for (const name of names) {
    const known = Object.entries(benchmarks).some(([aim, benchmark]) => name.toUpperCase() === aim || name === benchmark.name);
    if (!known)
      throw new Error(
        `There is no benchmark ${name}: ${Object.values(benchmarks)
          .map((benchmark) => benchmark.name)
          .join(", ")}`,
      );
  }
  const chosen = Object.entries(benchmarks).filter(
    ([aim, { name }]) => names.length === 0 || names.includes(name) || names.some((given) => given.toUpperCase() === aim),
  );
  return chosen.map(([, benchmark]) => benchmark);
}

/** Options stand for variables of the environment, where the benchmarks look. @returns the other arguments */
function readOptions(args: readonly string[]): readonly string[] {
  const options = { original: { type: "string" }, pwru: { type: "string" }, base: { type: "string" } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  for (const [name, value] of Object.entries(values)) process.env[`BENCH_${name.toUpperCase()}`] = resolve(value);
  return positionals;
}

async function main(names: readonly string[]): Promise<number> {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));
  await removeAbandonedNamespaces();
  const figures: Figure[] = [];
  const failures: string[] = [];
  for (const { name, run } of choose(names)) {
    console.error(`${name} … (load average ${loadavg()[0]?.toFixed(1)})`);
    try {
      figures.push(...(await run()));
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  console.log(formatTable(figures));
  for (const failure of failures) console.log(`could not run ${failure}`);
  return failures.length === 0 ? 0 : 1;
}

process.exit(await main(readOptions(process.argv.slice(2))));
