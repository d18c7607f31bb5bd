/** `npm test` after the set-up: `npm run check`, unit tests, scenarios on every kernel; one sum at the end. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { matrix, runLab } from "../kernel/lab.ts";
import { junitSummary, junitTimes } from "./junit.ts";
import { linesOf } from "./lines.ts";
import { report, type PartResult } from "./report.ts";
import type { Summary } from "./summary.ts";

const root = join(import.meta.dir, "../..");
/** For one unit test; bun's own 5 s is too short for some that read all of the kernel's types on a busy machine. */
const unitTestLimitMs = 60_000;
const quick = process.env.RETIS_TEST === "quick";
const nothing: Summary = { passed: 0, failed: 0, failures: [], skipped: [] };

/** Runs a command, its lines with a name in front; returns whether it ended with status 0. */
async function succeeds(name: string, argv: readonly string[]): Promise<boolean> {
  const child = Bun.spawn([...argv], { cwd: root, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const passOn = async (stream: ReadableStream<Uint8Array>) => {
    for await (const line of linesOf(stream)) console.log(`[${name}] ${line}`);
  };
  await Promise.all([passOn(child.stdout), passOn(child.stderr)]);
  return (await child.exited) === 0;
}

/** `npm run check`; CI has run it before, and says so. */
async function checkSources(): Promise<PartResult> {
  const started = performance.now();
  const passed = process.env["RETIS_CHECKED"] === "1" || (await succeeds("check", ["sh", "scripts/check"]));
  const summary = passed ? { ...nothing, passed: 1 } : { ...nothing, failed: 1, failures: ["[check] npm run check"] };
  return { summary, time: { name: "check", ms: performance.now() - started, tests: [] } };
}

async function runUnitTests(): Promise<PartResult> {
  const started = performance.now();
  const directory = mkdtempSync(join(tmpdir(), "retis-tests-"));
  try {
    const file = join(directory, "report.xml");
    const options = [`--timeout=${unitTestLimitMs}`, "--reporter=junit", `--reporter-outfile=${file}`];
    const succeeded = await succeeds("unit", ["scripts/bun", "test", "core", "collectors", "test", ...options]);
    const xml = existsSync(file) ? readFileSync(file, "utf8") : "";
    const summary = junitSummary(xml);
    return {
      // A file that does not even load has no test case in the report.
      summary: succeeded || summary.failed > 0 ? summary : { ...summary, failed: 1, failures: ["[unit] a file of tests"] },
      time: { name: "unit", ms: performance.now() - started, tests: junitTimes(xml) },
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const members = matrix.filter((member) => member === "host" || !quick);
const left = matrix.filter((member) => !members.includes(member));
const skipped = left.map((name) => ({ name: `[${name}] all scenarios`, reason: "RETIS_TEST=quick" }));
const leftOut = quick ? [{ summary: { ...nothing, skipped }, time: { name: "left out", ms: 0, tests: [] } }] : [];
process.exit(report([...(await runLab(members, [checkSources, runUnitTests])), ...leftOut]));
