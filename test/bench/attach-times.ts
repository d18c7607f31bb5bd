/** Attaches to many functions of the running kernel; as a program it prints the times as JSON, which is how guests report them. */
import { hasKprobeMulti } from "../../core/kernel/features.ts";
import { Kernel } from "../../core/kernel/kernel.ts";
import { type KernelWork, measureKernelWork } from "./kernel-work.ts";
import { packetFunctions } from "./kprobe-functions.ts";
import { phasesOf } from "./phases.ts";
import { TracedRun } from "./traced-run.ts";

const probes = 1000;
/** For guests: starting with so many probes takes them a minute and more. */
const limitMs = 300_000;
/** Lists of functions are in tracefs, which a guest has not mounted. */
const collect = ["--log-level", "debug", "collect", "--allow-system-changes", "-c", "skb,dev", "-o", "/dev/null", "--out-format", "cbor"];

export interface AttachTimes {
  /** Attached functions. */
  readonly probes: number;
  /** Whether the kernel takes all of them with one call. */
  readonly multi: boolean;
  readonly attachMs: readonly number[];
  readonly detachMs: readonly number[];
  /** How fast the machine is. */
  readonly work: KernelWork;
}

/** @param type of the probes: at entries or at returns */
export async function measureAttach(rounds: number, type: "kprobe" | "kretprobe"): Promise<AttachTimes> {
  const work = measureKernelWork();
  const args = packetFunctions(probes).flatMap((name) => ["-p", `${type}:${name}`]);
  const runs: { readonly loaded: number; readonly phases: ReadonlyMap<string, number> }[] = [];
  for (let round = 0; round < rounds; round++) {
    const run = await TracedRun.start([...collect, ...args], { limitMs });
    await run.stop();
    runs.push({ loaded: run.count(/(\d+) probe\(s\) loaded/), phases: phasesOf(run.messages) });
  }
  const times = (phase: string) => runs.map(({ phases }) => phases.get(phase) ?? Number.NaN);
  return {
    probes: runs[0]?.loaded ?? 0,
    multi: hasKprobeMulti(new Kernel()),
    attachMs: times("probes attached"),
    detachMs: times("probes detached"),
    work,
  };
}

if (import.meta.main) {
  const [rounds = "3", type = "kprobe"] = process.argv.slice(2);
  console.log(JSON.stringify(await measureAttach(Number(rounds), type === "kretprobe" ? type : "kprobe")));
}
