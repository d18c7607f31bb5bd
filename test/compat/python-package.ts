/** The `retis` package for Python as its authors publish it, in a cache outside of the repository. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { mustRun, runCommand } from "../support/command.ts";

const version = "1.7.0.post1";
const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "retis-python");
/** What `PYTHONPATH` is set to, so that Python finds it. */
export const pythonPath = join(cache, version);

/** Why the package cannot be used here; undefined once it is installed. */
export async function cannotUsePython(): Promise<string | undefined> {
  if (Bun.which("python3") === null) return "python3 is not installed";
  if (existsSync(pythonPath)) return undefined;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "installing-"));
  try {
    const pip = ["python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", work];
    const { status, stderr } = await runCommand([...pip, `retis==${version}`], { timeoutMs: 120_000 });
    if (status !== 0) return `the Python package retis cannot be installed: ${stderr.trim().split("\n").at(-1)}`;
    // Another test run may have been faster; its directory holds the same.
    if (!existsSync(pythonPath)) renameSync(work, pythonPath);
    return undefined;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What a program prints that may import the package; throws when it fails. */
export function runPython(program: string, args: readonly string[]): Promise<string> {
  return mustRun(["python3", "-", ...args], { input: program, env: { PYTHONPATH: pythonPath } });
}
