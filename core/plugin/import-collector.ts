/** Imports a third party's `collector.ts` with our own instance of `retis/collector`. */
import { join } from "node:path";
import * as contract from "../api/collector.ts";
import { faultyPlugin, reasonOf } from "../base/errors.ts";
import { describeImportError } from "../base/import-error.ts";
import { entryFile } from "./find-directories.ts";

let registered = false;

/**
 * The default export of `<directory>/collector.ts`, unchecked. Throws FAULTY_PLUGIN, with file and line where Bun gives
 * them, when it does not parse, imports what is not there or throws.
 */
export async function importCollector(directory: string): Promise<unknown> {
  registerContract();
  const entry = join(directory, entryFile);
  try {
    const module: { default?: unknown } = await import(entry);
    return module.default;
  } catch (error) {
    throw faultyPlugin(
      directory,
      describeImportError(error, (thrown) => `it throws when imported: ${reasonOf(thrown)}`),
    );
  }
}

function registerContract(): void {
  if (registered) return;
  registered = true;
  Bun.plugin({
    name: "retis",
    setup: (build) => void build.module("retis/collector", () => ({ exports: { ...contract }, loader: "object" })),
  });
}
