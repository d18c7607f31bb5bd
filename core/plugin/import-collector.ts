/** Imports a third party's `collector.ts` with our own instance of `retis/collector`. */
import { join } from "node:path";
import * as contract from "../api/collector.ts";
import { faultyPlugin, reasonOf, TraceError, unsafePlugin } from "../base/errors.ts";
import { describeImportError } from "../base/import-error.ts";
import { importTrusted } from "../base/trusted-import.ts";
import { entryFile, isPacked } from "./find-directories.ts";
import { importPacked } from "./packed-modules.ts";

const contractModule = "retis/collector";
let registered = false;

/**
 * The default export of `<directory>/collector.ts`, or of the entry of a packed collector, unchecked. Throws FAULTY_PLUGIN, with file and line where Bun gives
 * them, when it does not parse, imports what is not there or throws; with privileges UNSAFE_PLUGIN
 * when it imports what is outside its directory.
 */
export async function importCollector(directory: string): Promise<unknown> {
  registerContract();
  try {
    const module = isPacked(directory) ? await importPacked(directory, [contractModule]) : await importOnDisk(directory);
    return module["default"];
  } catch (error) {
    if (error instanceof TraceError) throw error;
    throw faultyPlugin(
      directory,
      describeImportError(error, (thrown) => `it throws when imported: ${reasonOf(thrown)}`),
    );
  }
}

function importOnDisk(directory: string) {
  return importTrusted(join(directory, entryFile), { hostModules: [contractModule], within: directory, refusal: unsafePlugin });
}

function registerContract(): void {
  if (registered) return;
  registered = true;
  Bun.plugin({
    name: "retis",
    setup: (build) => void build.module(contractModule, () => ({ exports: { ...contract }, loader: "object" })),
  });
}
