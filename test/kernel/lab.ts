/**
 * Runs the real-kernel scenarios on this host and on Debian kernels in QEMU guests, two at a time:
 * `scripts/bun test/kernel/lab.ts [SERIES|host ...]`, by default all. `runLab` is what `run-all.ts` calls.
 */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, release, tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../support/command.ts";
import { buildVariables, type OvsBuild } from "../support/ovs.ts";
import { inLanes } from "../support/lanes.ts";
import { linesOf } from "../support/lines.ts";
import { report, type PartResult } from "../support/report.ts";
import { runWord, type ScenarioResults } from "../support/run-scenarios.ts";
import type { Summary } from "../support/summary.ts";

/** Kernels of the matrix. A series that Debian no longer offers is replaced by the newest one of the same major version. */
export const matrix = ["host", "5.10", "6.1", "6.12", "6.18", "7.2"] as const;

/**
 * Under emulation each piece of code that JavaScriptCore makes must be translated once more, which pays off only for what
 * runs very often: with these a collection starts in 1.8 instead of 3.5 s of processor time. Without any JIT there is no FFI.
 */
const emulationSettings = { BUN_JSC_useDFGJIT: "0", BUN_JSC_thresholdForJITAfterWarmUp: "3000", BUN_JSC_thresholdForJITSoon: "1000" };

const root = join(import.meta.dir, "../..");
const vmrun = join(import.meta.dir, "vmrun");
const guestLimitSeconds = 1800;
const partsPerGuest = 2;
/** The guest in which scenarios run that do not depend on the kernel and need what the host lacks. */
const guestForOnce = "6.12";
/** What one processor cannot show, by words of its scenarios; the others on more than one are those of the host. */
const onMoreProcessors: readonly Share[] = [
  { args: ["from two processors at once"], processors: 2 },
  { args: ["drops on four processors"], processors: 4 },
];
const jobsAtOnce = Math.min(2, availableParallelism());

const running = new Set<Bun.Subprocess>();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    for (const child of running) child.kill("SIGTERM");
    process.exit(130);
  });
}

/** A part of the run that needs about one processor. */
export type Job = () => Promise<PartResult>;

/**
 * Runs the scenarios on the given members of the matrix, and `others` before them, two at a time; prints a line for each
 * scenario.
 */
export async function runLab(members: readonly string[], others: readonly Job[] = []): Promise<readonly PartResult[]> {
  const directory = mkdtempSync(join(tmpdir(), "retis-lab-"));
  try {
    // Alone in an empty directory: nothing of the source tree may be needed by it.
    const retis = join(directory, "retis");
    copyFileSync(join(root, "dist/retis"), retis);
    const host = members.filter((member) => member === "host").map(() => () => runMember("host", { RETIS_BIN: retis }, []));
    const onHost = members.includes("host") ? await listOnHost(retis, directory) : {};
    return await inLanes([...others, ...host, ...guestJobs(members, { RETIS_BIN: retis, ...onHost })], jobsAtOnce);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Each guest's scenarios in parts, so that no guest runs alone for long at the end. Old kernels attach slowly: they are first. */
function guestJobs(members: readonly string[], env: Variables): readonly Job[] {
  const guests = members.filter((member) => member !== "host");
  let ovs: ReturnType<typeof prepareOvs> | undefined;
  const job = (member: string, share: Share) => async () => {
    ovs ??= prepareOvs();
    const between = guests.indexOf(member) > 0 && member !== guests.at(-1) && member !== guestForOnce;
    return runGuest(member, share, { ...env, ...(await ovs), ...(between ? { RETIS_LAB_BETWEEN: "1" } : {}) });
  };
  const parts = Array.from({ length: partsPerGuest }, (_, index): Share => ({ args: ["--part", `${index + 1}/${partsPerGuest}`] }));
  const further = guests.includes(guestForOnce) ? onMoreProcessors.map((share) => job(guestForOnce, share)) : [];
  return [...guests.flatMap((member) => parts.map((part) => job(member, part))), ...further];
}

/** Writes which scenarios the host runs for the guests, which need not run all of them again; by the variables of `Share`. */
async function listOnHost(retis: string, directory: string): Promise<Variables> {
  const argv = [join(root, "scripts/bun"), join(import.meta.dir, "run.ts"), "--list"];
  const { status, stdout, stderr } = await runCommand(argv, { timeoutMs: 60_000, env: { RETIS_BIN: retis } });
  if (status !== 0) throw new Error(`Cannot list the scenarios: ${stderr.trim()}`);
  const file = join(directory, "on-host");
  const names = stdout.split("\n").filter((line) => line.startsWith(runWord));
  writeFileSync(file, names.map((line) => line.slice(runWord.length)).join("\n"));
  return { RETIS_LAB_ON_HOST: file };
}

type Variables = Readonly<Record<string, string>>;

/** Which scenarios a guest runs (arguments of run.ts), and on how many processors. */
interface Share {
  readonly args: readonly string[];
  readonly processors?: number;
}

/** Builds or unpacks Open vSwitch before the guests need the processors; without it its scenarios are skipped, with that reason. */
async function prepareOvs(): Promise<Variables> {
  const found: Record<string, string> = {};
  for (const build of ["usdt", "debian"] as const satisfies readonly OvsBuild[]) {
    const { status, stdout, stderr } = await runCommand([join(import.meta.dir, "ovs-daemon"), build], { timeoutMs: 900_000 });
    if (status === 0) found[buildVariables[build]] = stdout.trim();
    else console.log(`[lab] ${stderr.trim()}`);
  }
  return found;
}

async function runGuest(wanted: string, { args, processors = 1 }: Share, env: Variables): Promise<PartResult> {
  const series = await prepareKernel(wanted);
  if (series === undefined) {
    const failure = "this kernel cannot be had";
    console.log(`[${wanted}] FAIL ${failure}`);
    return {
      summary: { passed: 0, failed: 1, failures: [`[${wanted}] ${failure}`], skipped: [] },
      time: { name: wanted, ms: 0, tests: [] },
    };
  }
  const passedOn = process.env.RETIS_TEST === undefined ? {} : { RETIS_TEST: process.env.RETIS_TEST };
  const once = wanted === guestForOnce ? { RETIS_LAB_ONCE: "1" } : {};
  const asHost = release().startsWith(`${series}.`) ? { RETIS_LAB_AS_HOST: "1" } : {};
  const guestEnv = Object.entries({ ...env, ...passedOn, ...once, ...asHost, ...emulationSettings, RETIS_LAB: series });
  const settings = guestEnv.flatMap(([name, value]) => ["--env", `${name}=${value}`]);
  const guest = [vmrun, "--kernel", series, "--smp", String(processors), "--timeout", String(guestLimitSeconds), ...settings, "--"];
  return runMember(series, {}, guest, args);
}

/** Downloads a kernel when the cache lacks it; returns its series, or undefined when neither it nor a newer one can be had. */
async function prepareKernel(wanted: string): Promise<string | undefined> {
  const first = await runCommand([vmrun, "--prepare", wanted], { timeoutMs: 600_000 });
  if (first.status === 0) return wanted;
  console.log(`[${wanted}] ${first.stderr.trim()}`);
  const offered = (await runCommand([vmrun, "--list"], { timeoutMs: 300_000 })).stdout.trim().split("\n");
  const major = `${wanted.split(".")[0]}.`;
  const newest = offered.filter((series) => series.startsWith(major)).at(-1);
  if (newest === undefined || newest === wanted) return undefined;
  const second = await runCommand([vmrun, "--prepare", newest], { timeoutMs: 600_000 });
  console.log(`[${wanted}] using ${newest} instead ${second.stderr.trim()}`);
  return second.status === 0 ? newest : undefined;
}

/** Runs `run.ts` on one member; its lines are passed on with the member's name in front. */
async function runMember(name: string, env: Variables, wrapper: readonly string[], args: readonly string[] = []): Promise<PartResult> {
  const started = performance.now();
  const argv = [...wrapper, join(root, "scripts/bun"), join(import.meta.dir, "run.ts"), ...args];
  const child = Bun.spawn(argv, { cwd: root, stdin: "ignore", stdout: "pipe", stderr: "inherit", env: { ...process.env, ...env } });
  running.add(child);
  const lines: string[] = [];
  for await (const line of linesOf(child.stdout)) {
    lines.push(line);
    if (!line.startsWith("{")) console.log(`[${name}] ${line}`);
  }
  const status = await child.exited;
  running.delete(child);
  const results = parseResults(lines.at(-1) ?? "");
  const early = `the run ended early with status ${status}`;
  if (results === undefined) console.log(`[${name}] FAIL ${early}`);
  const { summary, tests } = results ?? { summary: countLines(lines, early), tests: [] };
  const skipped = summary.skipped.map((skip) => ({ ...skip, name: `[${name}] ${skip.name}` }));
  const failures = summary.failures.map((failure) => `[${name}] ${failure}`);
  return { summary: { ...summary, failures, skipped }, time: { name, ms: performance.now() - started, tests } };
}

function parseResults(line: string): ScenarioResults | undefined {
  return line.startsWith('{"summary"') ? (JSON.parse(line) as ScenarioResults) : undefined;
}

/** What a run that ended early had done; its end is a failure. */
function countLines(lines: readonly string[], end: string): Summary {
  const failures = [...lines.filter((line) => line.startsWith("FAIL ")).map((line) => line.slice("FAIL ".length).trim()), end];
  return { passed: lines.filter((line) => line.startsWith("ok ")).length, failed: failures.length, failures, skipped: [] };
}

if (import.meta.main) {
  const members = process.argv.length > 2 ? process.argv.slice(2) : matrix;
  process.exit(report(await runLab(members)));
}
