/** P8: what a collection costs that collects nothing: processor time and memory. */
import { readFileSync } from "node:fs";
import { readCpuClock } from "../../core/libbpf/clock.ts";
import type { Benchmark, Figure } from "./figure.ts";
import { TracedRun } from "./traced-run.ts";

const seconds = 10;
/** Start-up is over, garbage of it collected. */
const settleMs = 1000;
/** 192.0.2.0/24 is for documentation (RFC 5737): no packet has it. */
const args = ["collect", "-c", "skb,skb-drop", "-f", "host 192.0.2.1"];

/** A line of a file in /proc/PID that counts in kB, as MiB. */
function mebibytes(pid: number, file: string, field: string): number {
  const value = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/${file}`, "utf8"))?.[1];
  if (value === undefined) throw new Error(`/proc/${pid}/${file} has no ${field}`);
  return Number(value) / 1024;
}

async function run(): Promise<readonly Figure[]> {
  const run = await TracedRun.start(args);
  try {
    await Bun.sleep(settleMs);
    const percents: number[] = [];
    for (let second = 0; second < seconds; second++) {
      const from = performance.now();
      const before = readCpuClock(run.pid);
      await Bun.sleep(1000);
      percents.push(Number(readCpuClock(run.pid) - before) / 1e4 / (performance.now() - from));
    }
    return [
      { aim: "P8", measure: "idle, of one CPU", unit: "%", samples: percents, atMost: 0.05 },
      { aim: "P8", measure: "resident memory", unit: "MiB", samples: [mebibytes(run.pid, "status", "VmRSS")], atMost: 120 },
      { aim: "P8", measure: "  its share of it (PSS)", unit: "MiB", samples: [mebibytes(run.pid, "smaps_rollup", "Pss")] },
      { aim: "P8", measure: "  without files (anonymous)", unit: "MiB", samples: [mebibytes(run.pid, "status", "RssAnon")] },
    ];
  } finally {
    await run.stop();
  }
}

export const idleBenchmark: Benchmark = { name: "idle", run };
