/** Drives the compiled executable under test (`RETIS_BIN`, by default dist/retis) the way a user does. */
import { join, resolve } from "node:path";
import { useProgram } from "../../core/scenarios/collection.ts";

export * from "../../core/scenarios/collection.ts";

/** Absolute path of the executable under test. */
export const retisPath = resolve(process.env.RETIS_BIN ?? join(import.meta.dir, "../../dist/retis"));
useProgram([retisPath]);

/** Whether a path, as the kernel reports it of a process, is the tool under test or the copy that a scenario made of it. */
export function isUnderTest(executable: string): boolean {
  return executable === retisPath || executable.includes("/retis-scenario-");
}
