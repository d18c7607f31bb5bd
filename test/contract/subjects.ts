/** The collectors that the contract is checked on: the built-in ones, and those of third parties, compiled here. */
import { cpSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtInCollectors } from "../../collectors/index.ts";
import { writeCollectorTemplate } from "../../core/command/collector/template.ts";
import { coreSections } from "../../core/event/core-sections.ts";
import { ownCommand } from "../../core/base/own-command.ts";
import { loadCollectors } from "../../core/plugin/load-collectors.ts";
import { type LoadedCollector, readyCollectors } from "../../core/api/loaded-collector.ts";
import { mustRun } from "../support/command.ts";

const repository = join(import.meta.dir, "../..");
/** The headers that hooks are compiled with. */
export const headers = join(repository, "bpf/include");

/** Copies the sample to `<parent>/queue` and compiles it there; returns the directory. */
export async function installSample(parent: string): Promise<string> {
  const directory = join(parent, "queue");
  cpSync(join(repository, "test/plugin-sample"), directory, { recursive: true });
  await compileSample(directory, headers);
  return directory;
}

/** Compiles a copy of the sample with these headers. */
export async function compileSample(directory: string, include: string): Promise<void> {
  await mustRun(["make", "-B", "-s", "-C", directory, `RETIS_INCLUDE=${include}`]);
}

/** Writes a new collector to `<parent>/<name>` and compiles it there; returns the directory. */
export async function installTemplate(parent: string, name: string): Promise<string> {
  const directory = join(parent, name);
  writeCollectorTemplate(name, directory);
  await mustRun(["make", "-s", "-C", directory]);
  return directory;
}

/** Everything the contract holds for; the directory of the third parties is the caller's to remove. */
export async function loadSubjects(): Promise<{ readonly directory: string; readonly subjects: readonly LoadedCollector[] }> {
  const directory = mkdtempSync(join(tmpdir(), "retis-contract-"));
  const paths = [await installSample(directory), await installTemplate(directory, "fresh-one")];
  const fail = (message: string) => {
    throw new Error(message);
  };
  const host = {
    ...{ builtIn: builtInCollectors, coreSections: coreSections.map(({ key }) => key), coreFlags: [], warn: fail },
    trialCommand: [...ownCommand(), "__describe"],
  };
  const loaded = await loadCollectors(host, { directories: [], paths, names: [], sharesStdout: true });
  return {
    directory,
    subjects: await readyCollectors(loaded, (_, error) => {
      throw error;
    }),
  };
}
