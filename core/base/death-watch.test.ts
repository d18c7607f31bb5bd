import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A busy machine takes its time. */
const patient = 1000;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "retis-watch-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Whether the command of a watch is run within `tries` times 10 ms after a process did these steps. */
async function isRunAfter(steps: string, tries: number): Promise<boolean> {
  const file = join(directory, "it's run");
  const source = `import { DeathWatch } from ${JSON.stringify(join(import.meta.dir, "death-watch.ts"))};
const watch = new DeathWatch('touch "$it"');
const arm = () => watch.arm(${JSON.stringify(file)});
${steps}`;
  await Bun.spawn([process.execPath, "-e", source], { stderr: "inherit" }).exited;
  for (let tried = 0; !existsSync(file) && tried < tries; tried++) await Bun.sleep(10);
  return existsSync(file);
}

test("the command is run when the process is killed, or ends without a release", async () => {
  expect(await isRunAfter('arm(); process.kill(process.pid, "SIGKILL");', patient)).toBe(true);
  rmSync(join(directory, "it's run"));
  expect(await isRunAfter("arm();", patient)).toBe(true);
});

test("the command is not run after a release, or before it is known for what", async () => {
  expect(await isRunAfter("arm(); watch.release();", 20)).toBe(false);
  expect(await isRunAfter('process.kill(process.pid, "SIGKILL");', 20)).toBe(false);
});
