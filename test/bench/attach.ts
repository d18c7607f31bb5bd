/**
 * P4: attaching to 1,000 functions and detaching again. Where the kernel that runs here has no kprobes it is measured in the
 * kernel lab's guests. Those are emulated, so their seconds are shown as they are, next to an estimate for this machine:
 * divided by how much longer a guest takes for kernel work that can be done here too (kernel-work.ts), of several kinds the
 * one with the smallest difference, which makes the largest estimate. Waiting for grace periods is not slower in a guest.
 */
import { join } from "node:path";
import { mustRun } from "../support/command.ts";
import { retisPath } from "../support/retis.ts";
import { type AttachTimes, measureAttach } from "./attach-times.ts";
import type { Benchmark, Figure } from "./figure.ts";
import { kprobesMissing } from "./kprobe-functions.ts";
import { type KernelWork, measureKernelWork, slowdowns } from "./kernel-work.ts";

const root = join(import.meta.dir, "../..");
/** The last one takes functions one by one only: returns would take it minutes. */
const guests = [
  { series: "6.12", types: ["kprobe", "kretprobe"] },
  { series: "7.2", types: ["kprobe", "kretprobe"] },
  { series: "5.10", types: ["kprobe"] },
] as const;
const guestLimitSeconds = 400;
const guestRounds = 1;
const rounds = 5;
const limits = { attach: 1, detach: 0.3 } as const;

type ProbeKind = (typeof guests)[number]["types"][number];

async function measureInGuest(series: string, type: ProbeKind): Promise<AttachTimes> {
  const vmrun = [
    join(root, "test/kernel/vmrun"),
    "--kernel",
    series,
    "--timeout",
    String(guestLimitSeconds),
    "--env",
    `RETIS_BIN=${retisPath}`,
  ];
  const output = await mustRun(
    [...vmrun, "--", join(root, "scripts/bun"), join(import.meta.dir, "attach-times.ts"), String(guestRounds), type],
    {
      cwd: root,
      timeoutMs: (guestLimitSeconds + 240) * 1000,
    },
  );
  return JSON.parse(output.trim().split("\n").at(-1) ?? "") as AttachTimes;
}

function measures({ probes, multi }: AttachTimes, type: ProbeKind): readonly (readonly ["attach" | "detach", string])[] {
  const what = `${probes} ${type}s ${multi ? "in one go" : "one by one"}`;
  return [
    ["attach", `attach ${what}`],
    ["detach", `detach ${what}`],
  ];
}

function figuresHere(times: AttachTimes, type: ProbeKind): readonly Figure[] {
  return measures(times, type).map(([step, measure]) => ({
    aim: "P4",
    measure,
    unit: "s",
    samples: samplesOf(times, step),
    ...(times.multi ? { atMost: limits[step] } : {}),
  }));
}

function figuresInGuest(times: AttachTimes, type: ProbeKind, series: string, here: KernelWork): readonly Figure[] {
  const factors = slowdowns(here, times.work);
  const slowdown = Math.min(...factors);
  const steps = measures(times, type).flatMap(([step, measure]): readonly Figure[] => [
    { aim: "P4", measure: `${measure}, emulated ${series}`, unit: "guest s", samples: samplesOf(times, step) },
    {
      aim: "P4",
      measure: "  estimate for this machine",
      unit: "s",
      samples: samplesOf(times, step).map((seconds) => seconds / slowdown),
      ...(times.multi ? { atMost: limits[step] } : {}),
    },
  ]);
  return [{ aim: "P4", measure: `slowdown of emulated ${series}, smallest used below`, unit: "x", samples: factors }, ...steps];
}

function samplesOf({ attachMs, detachMs }: AttachTimes, step: "attach" | "detach"): readonly number[] {
  return (step === "attach" ? attachMs : detachMs).map((ms) => ms / 1000);
}

async function run(): Promise<readonly Figure[]> {
  if (kprobesMissing() === undefined) {
    const [kprobes, kretprobes] = [await measureAttach(rounds, "kprobe"), await measureAttach(rounds, "kretprobe")];
    return [...figuresHere(kprobes, "kprobe"), ...figuresHere(kretprobes, "kretprobe")];
  }
  const here = measureKernelWork();
  const figures: Figure[] = [];
  for (const { series, types } of guests) {
    for (const type of types) figures.push(...figuresInGuest(await measureInGuest(series, type), type, series, here));
  }
  return figures;
}

export const attachBenchmark: Benchmark = { name: "attach", run };
