/** Exit statuses of reading commands: 1 when part of the input is missing in what they did, or stdout is closed. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

setDefaultTimeout(60_000);

const main = join(import.meta.dir, "../../core/main.ts");
const whole = join(import.meta.dir, "sort/packet-paths.json");
const directory = mkdtempSync(join(tmpdir(), "retis-status-"));
afterAll(() => rmSync(directory, { recursive: true }));

const cut = join(directory, "cut.json");
writeFileSync(cut, readFileSync(whole).subarray(0, -20));

const commands = [["print"], ["stats"], ["sort"], ["sort", "-o", join(directory, "sorted")], ["pcap"]];

function run(words: readonly string[], redirection = "") {
  const cmd = ["sh", "-c", `"$@" ${redirection}`, "sh", process.execPath, main, ...words];
  const { exitCode, stdout, stderr } = Bun.spawnSync({ cmd, env: { ...process.env, NO_COLOR: "1" } });
  return { exitCode, stdout: stdout.length, stderr: stderr.toString() };
}

test.each(commands)("%s %s: damaged input is read as far as it goes, and the exit status is 1", (...words) => {
  const undamaged = run([...words, whole]);
  expect(undamaged.exitCode).toBe(0);
  const damaged = run([...words, cut]);
  expect(damaged.exitCode).toBe(1);
  expect(damaged.stderr).toContain("is cut short");
  expect(damaged.stdout > 0 || existsSync(join(directory, "sorted"))).toBe(true);
});

test.each(commands.filter(({ length }) => length === 1))("%s: a closed stdout is an error", (command) => {
  const { exitCode, stderr } = run([command!, whole], ">&-");
  expect(stderr).toContain("Cannot write to standard output: it is closed [OUTPUT_WRITE]");
  expect(exitCode).toBe(1);
});

test("/dev/null is not a closed stdout", () => {
  expect(run(["print", whole], "<&- >/dev/null").exitCode).toBe(0);
});

test.each(["-", "a FIFO without a writer", "a FIFO without a reader"])("sort hears SIGINT while it waits for %s", async (where) => {
  const fifo = join(directory, "fifo");
  if (!existsSync(fifo)) Bun.spawnSync(["mkfifo", fifo]);
  const words = where === "-" ? ["sort", "-"] : where.endsWith("writer") ? ["sort", fifo] : ["sort", whole, "-o", fifo];
  const child = Bun.spawn([process.execPath, main, ...words], { stdin: "pipe", stdout: "ignore", stderr: "pipe" });
  // Once it handles the signal it is not ended by it without a word.
  while (!handlesInterrupt(child.pid)) await Bun.sleep(5);
  await Bun.sleep(200);
  const start = performance.now();
  child.kill("SIGINT");
  expect(await child.exited).toBe(130);
  expect(performance.now() - start).toBeLessThan(2000);
  expect(await child.stderr.text()).toContain("Interrupted");
});

/** Bit of SIGINT in the mask of caught signals (proc_pid_status(5)). */
function handlesInterrupt(pid: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
  return (BigInt(`0x${caught}`) & 2n) !== 0n;
}

test("a file that is being written is not written by another", () => {
  const out = join(directory, "locked");
  const descriptor = openSync(out, "w");
  const { exitCode, stderr } = run(["sort", whole, "-o", out], "");
  expect([exitCode, stderr.includes("FILE_IN_USE")]).toEqual([0, false]);
  const locked = Bun.spawnSync(["flock", out, process.execPath, main, "sort", whole, "-o", out]);
  expect(locked.stderr.toString()).toContain("[FILE_IN_USE]");
  expect(locked.exitCode).toBe(1);
  closeSync(descriptor);
});
