/**
 * How retis compares with other tools: the same work in turn, on recordings of our own, with the ratios of each round. Peers are
 * given by the paths of their executables (`BENCH_ORIGINAL`, `BENCH_PWRU`, or options of the same names); without any, reading
 * commands are compared with what CPython takes to parse the same file, line by line, of which the original's share is known.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustRun } from "../../support/command.ts";
import { compileProgram } from "../../support/compile-c.ts";
import { createNamespaces, destroyNamespaces } from "../../support/netns.ts";
import type { Benchmark, Figure } from "../figure.ts";
import { countRunTimes } from "../program-times.ts";
import { TracedRun } from "../traced-run.ts";
import { collectingWorks, type Places } from "./collecting.ts";
import { costOf, type Recordings, readingWorks } from "./reading.ts";
import { givenPeers, ours } from "./tools.ts";
import { compare, figuresOf } from "./work.ts";

const drops = 300_000;
const rounds = Number(process.env["BENCH_RUNS"] ?? 3);
const loadLines = "import json,sys\nfor line in open(sys.argv[1]): json.loads(line)";

/** Records the same traffic in both forms at once. */
async function record({ directory, datagrams, inNamespace }: Places): Promise<Recordings> {
  const files = { json: join(directory, "events.json"), cbor: join(directory, "events.cbor"), ten: join(directory, "ten.json") };
  const runs: TracedRun[] = [];
  try {
    for (const file of [files.json, files.cbor])
      runs.push(await TracedRun.start(["collect", "-c", "skb,skb-drop,dev,ns", "--ring-size", "256M", "-o", file, "-f", "udp port 9"]));
    await mustRun([...inNamespace, datagrams, String(drops)]);
    for (const run of runs) {
      await run.stop();
      const recorded = run.count(/(\d+) events? processed/);
      if (recorded < drops) throw new Error(`only ${recorded} of ${drops} drops were recorded: ${run.messages}`);
    }
  } finally {
    for (const run of runs) run.kill();
  }
  const lines = readFileSync(files.json, "utf8").split("\n", 11);
  writeFileSync(files.ten, `${lines.join("\n")}\n`);
  return { ...files, directory };
}

async function measure(places: Places): Promise<readonly Figure[]> {
  const tools = [ours, ...givenPeers()];
  const files = await record(places);
  const figures: Figure[] = [];
  const yardstick: number[] = [];
  for (let round = 0; round < rounds; round++) yardstick.push((await costOf(["python3", "-c", loadLines, files.json])).cpu);
  figures.push({ aim: "PEERS", measure: "yardstick: json.loads of each line, CPU", unit: "s", samples: yardstick });
  for (const work of readingWorks(files, ours)) figures.push(...figuresOf(work, await compare(work, tools, rounds), yardstick));
  using _counting = countRunTimes();
  for (const work of collectingWorks(places)) figures.push(...figuresOf(work, await compare(work, tools, rounds), undefined));
  return figures;
}

async function run(): Promise<readonly Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), "retis-peers-"));
  const namespaces = await createNamespaces(1);
  try {
    const datagrams = join(directory, "datagrams");
    compileProgram(join(import.meta.dir, "datagrams.c"), datagrams);
    return await measure({ directory, datagrams, inNamespace: namespaces[0]!.command() });
  } finally {
    rmSync(directory, { recursive: true, force: true });
    await destroyNamespaces(namespaces);
  }
}

export const peersBenchmark: Benchmark = { name: "peers", run };
