/** Packages for Python as their authors publish them, in a cache outside of the repository: `retis`, and what recipes in docs use. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { mustRun, runCommand } from "../support/command.ts";

const versions = { retis: "1.7.0.post1", duckdb: "2.0.1" } as const;
export type PythonPackage = keyof typeof versions;

const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "retis-python");
const directoryOf = (name: PythonPackage) => join(cache, name === "retis" ? versions.retis : `${name}-${versions[name]}`);
/** What `PYTHONPATH` is set to, so that Python finds them. */
export const pythonPath = (Object.keys(versions) as PythonPackage[]).map(directoryOf).join(":");

/** Why a package cannot be used here; undefined once it is installed. */
export async function cannotUsePython(name: PythonPackage = "retis"): Promise<string | undefined> {
  if (Bun.which("python3") === null) return "python3 is not installed";
  const directory = directoryOf(name);
  if (existsSync(directory)) return undefined;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "installing-"));
  try {
    const pip = ["python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", work];
    const { status, stderr } = await runCommand([...pip, `${name}==${versions[name]}`], { timeoutMs: 120_000 });
    if (status !== 0) return `the Python package ${name} cannot be installed: ${stderr.trim().split("\n").at(-1)}`;
    // Another test run may have been faster; its directory holds the same.
    if (!existsSync(directory)) renameSync(work, directory);
    return undefined;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What a program prints that may import the package; throws when it fails. */
export function runPython(program: string, args: readonly string[]): Promise<string> {
  return mustRun(["python3", "-", ...args], { input: program, env: { PYTHONPATH: pythonPath } });
}
