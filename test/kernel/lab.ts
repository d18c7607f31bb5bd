/**
 * Runs the real-kernel scenarios on this host and on Debian kernels in QEMU guests, two at a time:
 * `scripts/bun test/kernel/lab.ts [SERIES|host ...]`, by default all. `runLab` is what the tests' summing-up calls.
 */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../support/command.ts";
import { buildVariables, type OvsBuild } from "../support/ovs.ts";
import { exitStatus, skipLines, sum, sumLine, type Summary } from "../support/summary.ts";

/** Kernels of the matrix. A series that Debian no longer offers is replaced by the newest one of the same major version. */
export const matrix = ["host", "5.10", "6.1", "6.12", "6.18", "7.2"] as const;

/**
 * Under emulation each piece of optimised code that JavaScriptCore makes must be translated once more, which costs more
 * than it gains: a collection starts in 3.5 instead of 6 s without.
 */
const emulationSettings = ["BUN_JSC_useDFGJIT=0"];

const root = join(import.meta.dir, "../..");
const vmrun = join(import.meta.dir, "vmrun");
const guestLimitSeconds = 1800;
const guestsAtOnce = Math.min(2, availableParallelism());

const running = new Set<Bun.Subprocess>();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    for (const child of running) child.kill("SIGTERM");
    process.exit(130);
  });
}

/** Runs the scenarios on the given members of the matrix; prints a line for each scenario. */
export async function runLab(members: readonly string[]): Promise<Summary> {
  const folder = mkdtempSync(join(tmpdir(), "retis-lab-"));
  try {
    // Alone in an empty folder: nothing of the source tree may be needed by it.
    const retis = join(folder, "retis");
    copyFileSync(join(root, "dist/retis"), retis);
    const host = members.includes("host") ? [await runMember("host", { RETIS_BIN: retis }, [])] : [];
    const guests = members.filter((member) => member !== "host");
    const ovs = guests.length > 0 ? await prepareOvs() : {};
    return sum([...host, ...(await runGuests(guests, { RETIS_BIN: retis, ...ovs }))]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Builds or unpacks Open vSwitch before the guests need the processors; without it its scenarios are skipped, with that reason. */
async function prepareOvs(): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const build of ["usdt", "debian"] as const satisfies readonly OvsBuild[]) {
    const { status, stdout, stderr } = await runCommand([join(import.meta.dir, "ovs-daemon"), build], { timeoutMs: 900_000 });
    if (status === 0) found[buildVariables[build]] = stdout.trim();
    else console.log(`[lab] ${stderr.trim()}`);
  }
  return found;
}

async function runGuests(wanted: readonly string[], env: Readonly<Record<string, string>>): Promise<readonly Summary[]> {
  const waiting = [...wanted];
  const summaries: Summary[] = [];
  const worker = async () => {
    for (let series = waiting.shift(); series !== undefined; series = waiting.shift()) summaries.push(await runGuest(series, env));
  };
  await Promise.all(Array.from({ length: guestsAtOnce }, worker));
  return summaries;
}

async function runGuest(wanted: string, env: Readonly<Record<string, string>>): Promise<Summary> {
  const series = await prepareKernel(wanted);
  if (series === undefined) {
    console.log(`[${wanted}] FAIL this kernel cannot be had`);
    return { passed: 0, failed: 1, skipped: [] };
  }
  const environment = [
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
    `RETIS_LAB=${series}`,
    ...emulationSettings,
  ].flatMap((setting) => ["--env", setting]);
  return runMember(series, {}, [vmrun, "--kernel", series, "--timeout", String(guestLimitSeconds), ...environment, "--"]);
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
async function runMember(name: string, env: Readonly<Record<string, string>>, wrapper: readonly string[]): Promise<Summary> {
  const argv = [...wrapper, join(root, "scripts/bun"), join(import.meta.dir, "run.ts")];
  const child = Bun.spawn(argv, { cwd: root, stdin: "ignore", stdout: "pipe", stderr: "inherit", env: { ...process.env, ...env } });
  running.add(child);
  const lines: string[] = [];
  for await (const line of linesOf(child.stdout)) {
    lines.push(line);
    if (!line.startsWith("{")) console.log(`[${name}] ${line}`);
  }
  const status = await child.exited;
  running.delete(child);
  const summary = parseSummary(lines.at(-1) ?? "");
  if (summary === undefined) {
    console.log(`[${name}] FAIL the run ended early with status ${status}`);
    const count = (word: string) => lines.filter((line) => line.startsWith(`${word} `)).length;
    return { passed: count("ok"), failed: count("FAIL") + 1, skipped: [] };
  }
  return { ...summary, skipped: summary.skipped.map((skip) => ({ ...skip, name: `[${name}] ${skip.name}` })) };
}

function parseSummary(line: string): Summary | undefined {
  return line.startsWith('{"passed"') ? (JSON.parse(line) as Summary) : undefined;
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
  if (rest !== "") yield rest;
}

if (import.meta.main) {
  const members = process.argv.length > 2 ? process.argv.slice(2) : matrix;
  const summary = await runLab(members);
  for (const line of skipLines(summary)) console.log(line);
  console.log(sumLine(summary));
  process.exit(exitStatus(summary));
}
