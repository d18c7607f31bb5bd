/** Collections of drops: start and stop, what the tool and the kernel spend for each, and what an idle collection costs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readCpuClock } from "../../../core/libbpf/clock.ts";
import { mustRun } from "../../support/command.ts";
import { programTimes } from "../program-times.ts";
import { TracedRun } from "../traced-run.ts";
import type { Filter, Tool } from "./tools.ts";
import type { Work } from "./work.ts";

const firstDrops = 10_000;
const drops = 300_000;
const idleSeconds = 5;
/** A collection that takes less CPU than this within {@link restMs} has caught up. */
const restMs = 300;
const restCpuMs = 3;
const catchUpLimitMs = 120_000;

export interface Places {
  /** Compiled datagrams.c. */
  readonly datagrams: string;
  /** Where packets are sent: a network namespace, as a command in front of others. */
  readonly inNamespace: readonly string[];
  readonly directory: string;
}

function cpuMs(pid: number): number {
  return Number(readCpuClock(pid)) / 1e6;
}

function residentMebibytes(pid: number): number {
  const value = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(value) / 1024;
}

/** Waits until the tool has done its work. */
async function caughtUp({ pid }: TracedRun): Promise<void> {
  const deadline = performance.now() + catchUpLimitMs;
  for (let last = cpuMs(pid); ; ) {
    await Bun.sleep(restMs);
    const now = cpuMs(pid);
    if (now - last < restCpuMs) return;
    if (performance.now() > deadline) throw new Error("the tool does not come to rest");
    last = now;
  }
}

/** Sends so many packets that are dropped; CPU time of the tool for each in nanoseconds. */
async function dropPackets(run: TracedRun, { inNamespace, datagrams }: Places, count: number): Promise<number> {
  const before = cpuMs(run.pid);
  await mustRun([...inNamespace, datagrams, String(count)]);
  await caughtUp(run);
  return ((cpuMs(run.pid) - before) / count) * 1e6;
}

function start({ path, collect, live }: Tool, { directory }: Places, filter: Filter): Promise<TracedRun> {
  return TracedRun.start(collect(join(directory, "drops.json"), filter), { program: path, live });
}

/** @returns nanoseconds in the kernel for each drop */
async function kernelTime(tool: Tool, places: Places, filter: Filter): Promise<number> {
  const run = await start(tool, places, filter);
  try {
    const before = programTimes(run.pid);
    await mustRun([...places.inNamespace, places.datagrams, String(drops)]);
    const { nanoseconds } = programTimes(run.pid);
    await caughtUp(run);
    await run.stop();
    return (nanoseconds - before.nanoseconds) / drops;
  } finally {
    run.kill();
  }
}

function kernelWork(places: Places, filter: Filter, ratio: number): Work {
  return {
    columns: [{ measure: `kernel time of a drop, ${filter}`, unit: "ns", ratio }],
    run: async (tool) => [await kernelTime(tool, places, filter)],
  };
}

/** Everything that one collection shows; its file is that of a collection without a filter. */
function collectionWork(places: Places): Work {
  return {
    columns: [
      { measure: "start until probes are live", unit: "ms", ratio: 0.5 },
      { measure: "idle CPU", unit: "ms/s", ratio: 1 },
      { measure: "tool CPU of an event, JSON, first 10,000", unit: "ns", ratio: 1 },
      { measure: "tool CPU of an event, JSON, warm", unit: "ns", ratio: 0.7 },
      { measure: "resident memory of collect", unit: "MiB", ratio: 0.7 },
      { measure: "stop", unit: "ms", ratio: 0.3 },
    ],
    async run(tool) {
      const run = await start(tool, places, "no filter");
      try {
        await caughtUp(run);
        const before = cpuMs(run.pid);
        await Bun.sleep(idleSeconds * 1000);
        const idle = (cpuMs(run.pid) - before) / idleSeconds;
        const first = await dropPackets(run, places, firstDrops);
        const warm = await dropPackets(run, places, drops);
        const memory = residentMebibytes(run.pid);
        return [run.liveMs, idle, first, warm, memory, await run.stop()];
      } finally {
        run.kill();
      }
    },
  };
}

/** All of it. */
export function collectingWorks(places: Places): readonly Work[] {
  return [
    collectionWork(places),
    kernelWork(places, "no filter", 0.15),
    kernelWork(places, "filter passing", 0.2),
    kernelWork(places, "filter rejecting", 0.07),
  ];
}
