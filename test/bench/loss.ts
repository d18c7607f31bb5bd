/**
 * P2: what is lost while the kernel drops packets as fast as one CPU can make it, and whether the tool's account is right:
 * what was recorded, lost and skipped must make what the kernel dropped. Kernel and tool have a CPU each.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Benchmark, Figure } from "./figure.ts";
import { countInFile } from "./count-in-file.ts";
import { cpus, Flood } from "./flood.ts";
import { TracedRun } from "./traced-run.ts";

/** Slower outputs are shown, but have no aim. */
const otherSeconds = 10;

interface Variant {
  readonly name: string;
  /** File of `-o`; text goes to /dev/null without one. */
  readonly file?: string;
  readonly seconds: number;
  readonly wanted?: { readonly atMost: number };
}

/** How an event of the flood's namespace shows in a file: the member `inum` with its value. */
function markOf(file: string, inum: number): Uint8Array {
  if (file.endsWith(".json")) return Buffer.from(`"inum":${inum}`);
  const mark = Buffer.from("\x64inum\x1a\0\0\0\0", "latin1");
  mark.writeUInt32BE(inum, mark.length - 4);
  return mark;
}

async function measure(flood: Flood, directory: string, { name, file, seconds, wanted }: Variant): Promise<readonly Figure[]> {
  const path = file && join(directory, file);
  const args = ["collect", "-c", "skb,skb-drop,dev,ns", ...(path ? ["-o", path] : [])];
  const run = await TracedRun.start(args, { cpu: cpus.reader, ...(path ? {} : { stdout: Bun.file("/dev/null") }) });
  const before = await flood.drops();
  const from = performance.now();
  await flood.run(seconds);
  const took = (performance.now() - from) / 1000;
  const dropped = (await flood.drops()) - before;
  await run.stop();
  const lost = run.count(/Total events lost: (\d+)/);
  const skipped = run.count(/Total hits skipped: (\d+)/);
  const figures: Figure[] = [
    { aim: "P2", measure: `lost, ${name}, ${seconds} s`, unit: "events", samples: [lost], ...wanted },
    { aim: "P2", measure: "  dropped by the kernel", unit: "thousand/s", samples: [dropped / took / 1000] },
    { aim: "P2", measure: "  recorded", unit: "thousand/s", samples: [run.count(/(\d+) events? processed/) / took / 1000] },
  ];
  if (!path) {
    const counted = run.count(/Output too slow: (\d+) events?/);
    return [
      ...figures,
      { aim: "P2", measure: "  of these counted instead of shown", unit: "thousand/s", samples: [counted / took / 1000] },
    ];
  }
  figures.push({ aim: "P2", measure: "  written", unit: "MB/s", samples: [statSync(path).size / took / 1e6] });
  if (!path.endsWith(".zst")) {
    const recorded = countInFile(path, markOf(path, flood.inum));
    figures.push({
      aim: "P2",
      measure: "  in the file + lost + skipped − dropped",
      unit: "events",
      samples: [recorded + lost + skipped - dropped],
      atLeast: 0,
      atMost: 0,
    });
  }
  rmSync(path);
  return figures;
}

async function run(): Promise<readonly Figure[]> {
  const seconds = Number(process.env["BENCH_SECONDS"] ?? 60);
  const variants: readonly Variant[] = [
    { name: "CBOR file", file: "events.cbor", seconds, wanted: { atMost: 0 } },
    { name: "CBOR file with zstd", file: "events.cbor.zst", seconds: Math.min(seconds, otherSeconds) },
    { name: "JSON file", file: "events.json", seconds: Math.min(seconds, otherSeconds) },
    { name: "text to /dev/null", seconds: Math.min(seconds, otherSeconds) },
  ];
  const directory = mkdtempSync(join(process.env["BENCH_DIRECTORY"] ?? tmpdir(), "retis-loss-"));
  const flood = await Flood.prepare();
  try {
    const figures: Figure[] = [];
    for (const variant of variants) figures.push(...(await measure(flood, directory, variant)));
    return figures;
  } finally {
    await flood.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

export const lossBenchmark: Benchmark = { name: "loss", run };
