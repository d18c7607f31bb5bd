/** The compiled executable on its own, and when tests that need it or the kernel are left out. */
import { copyFileSync, cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileBpfBeside } from "../support/compile-c.ts";
import { retisPath } from "../support/retis.ts";

/** Why the compiled executable cannot be tried; undefined when it can. */
export const notCompiled = existsSync(retisPath) ? undefined : "dist/retis is not built";

/** Why nothing can be traced here; undefined when it can. */
export const cannotTrace = notCompiled ?? (process.getuid?.() === 0 ? undefined : "not run as root");

/** A directory outside of the repository, with the executable alone in `bin/`. */
export interface Workplace {
  readonly directory: string;
  readonly retis: string;
  remove(): void;
}

/** Makes a workplace under `/tmp`, where root may load collectors from. */
export function makeWorkplace(): Workplace {
  const directory = mkdtempSync(join(tmpdir(), "retis-workplace-"));
  const retis = join(directory, "retis");
  copyFileSync(retisPath, retis);
  return { directory, retis, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** Copies a collector of this directory to a workplace and compiles its hooks, named without `.bpf.c`; gives the copy's path. */
export function compileCollector(place: Workplace, name: string, hooks: readonly string[]): string {
  const directory = join(place.directory, name);
  cpSync(join(import.meta.dir, name), directory, { recursive: true });
  for (const hook of hooks) compileBpfBeside(join(directory, `${hook}.bpf.c`));
  return directory;
}

/**
 * A shell command that makes a packet through a loopback device of its own, marked 7 and of the interactive class; for
 * `--cmd`. Nothing of the host's network is used.
 */
export const markedPing = "unshare -n sh -c 'ip link set lo up && ping -q -m 7 -Q 0x10 -c 1 127.0.0.1' >&2";
