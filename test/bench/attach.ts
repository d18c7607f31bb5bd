/**
 * P4: attaching to 1,000 functions and detaching again. Where the kernel that runs here has no kprobes it is measured in the
 * kernel lab's guests, which are emulated: their seconds are about twenty of this machine's.
 */
import { join } from "node:path";
import { kprobesMissing } from "./kprobe-functions.ts";
import { mustRun } from "../support/command.ts";
import { retisPath } from "../support/retis.ts";
import { type AttachTimes, measureAttach } from "./attach-times.ts";
import type { Benchmark, Figure } from "./figure.ts";

const root = join(import.meta.dir, "../..");
/** The first has kprobe-multi, the second has not. */
const guests = ["6.12", "5.10"] as const;
const guestLimitSeconds = 400;
const guestRounds = 1;
const rounds = 5;

async function measureInGuest(series: string): Promise<AttachTimes> {
  const vmrun = [join(root, "test/kernel/vmrun"), "--kernel", series, "--timeout", String(guestLimitSeconds), "--env", `RETIS_BIN=${retisPath}`];
  const output = await mustRun([...vmrun, "--", join(root, "scripts/bun"), join(import.meta.dir, "attach-times.ts"), String(guestRounds)], {
    cwd: root,
    timeoutMs: (guestLimitSeconds + 240) * 1000,
  });
  return JSON.parse(output.trim().split("\n").at(-1) ?? "") as AttachTimes;
}

function figuresOf(where: string, { probes, attachMs, detachMs, multi }: AttachTimes): readonly Figure[] {
  const kind = multi ? "in one go" : "one by one";
  const [attachLimit, detachLimit] = multi ? [{ atMost: 1 }, { atMost: 0.3 }] : [{}, {}];
  return [
    { aim: "P4", measure: `attach ${probes} kprobes ${kind}${where}`, unit: "s", samples: attachMs.map((ms) => ms / 1000), ...attachLimit },
    { aim: "P4", measure: `detach ${probes} kprobes ${kind}${where}`, unit: "s", samples: detachMs.map((ms) => ms / 1000), ...detachLimit },
  ];
}

async function run(): Promise<readonly Figure[]> {
  if (kprobesMissing() === undefined) return figuresOf("", await measureAttach(rounds));
  const figures: Figure[] = [];
  for (const series of guests) figures.push(...figuresOf(`, emulated ${series}`, await measureInGuest(series)));
  return figures;
}

export const attachBenchmark: Benchmark = { name: "attach", run };
