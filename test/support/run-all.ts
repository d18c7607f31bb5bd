/** `npm test` after the set-up: `npm run check`, unit tests, scenarios on every kernel; one sum at the end. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { matrix, runLab } from "../kernel/lab.ts";
import { junitSummary } from "./junit.ts";
import { exitStatus, skipLines, sum, sumLine, type Summary } from "./summary.ts";

const root = join(import.meta.dir, "../..");
/** For one unit test; bun's own 5 s is too short for some that read all of the kernel's types on a busy machine. */
const unitTestLimitMs = 60_000;
const quick = process.env.RETIS_TEST === "quick";

async function succeeds(argv: readonly string[]): Promise<boolean> {
  const child = Bun.spawn([...argv], { cwd: root, stdin: "ignore", stdout: "inherit", stderr: "inherit" });
  return (await child.exited) === 0;
}

/** `npm run check`; CI has run it before, and says so. */
async function checkSources(): Promise<Summary> {
  const passed = process.env["RETIS_CHECKED"] === "1" || (await succeeds(["sh", "scripts/check"]));
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: [] };
}

async function runUnitTests(): Promise<Summary> {
  console.log("== unit, golden and contract tests");
  const folder = mkdtempSync(join(tmpdir(), "retis-tests-"));
  try {
    const report = join(folder, "report.xml");
    const options = [`--timeout=${unitTestLimitMs}`, "--reporter=junit", `--reporter-outfile=${report}`];
    const succeeded = await succeeds(["scripts/bun", "test", "core", "collectors", "test", ...options]);
    const summary = existsSync(report) ? junitSummary(readFileSync(report, "utf8")) : { passed: 0, failed: 0, skipped: [] };
    // A file that does not even load has no test case in the report.
    return succeeded || summary.failed > 0 ? summary : { ...summary, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runKernels(): Promise<Summary> {
  console.log("== scenarios on real kernels");
  const members = matrix.filter((member) => member === "host" || !quick);
  const left = matrix.filter((member) => !members.includes(member));
  const summary = await runLab(members);
  return {
    ...summary,
    skipped: [...summary.skipped, ...left.map((name) => ({ name: `[${name}] all scenarios`, reason: "RETIS_TEST=quick" }))],
  };
}

const summary = sum([await checkSources(), await runUnitTests(), await runKernels()]);
for (const line of skipLines(summary)) console.log(line);
console.log(sumLine(summary));
process.exit(exitStatus(summary));
