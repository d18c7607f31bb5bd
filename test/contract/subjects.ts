/** The collectors that the contract is checked on: the built-in ones, and those of third parties, compiled here. */
import { cpSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtInCollectors } from "../../collectors/index.ts";
import { writeCollectorTemplate } from "../../core/command/collector/template.ts";
import { coreSections } from "../../core/event/core-sections.ts";
import { loadCollectors } from "../../core/plugin/load-collectors.ts";
import type { LoadedCollector } from "../../core/api/loaded-collector.ts";
import { mustRun } from "../support/command.ts";

const repository = join(import.meta.dir, "../..");
/** The headers that hooks are compiled with. */
export const headers = join(repository, "bpf/include");

/** Copies the sample to `<parent>/queue` and compiles it there; returns the folder. */
export async function installSample(parent: string): Promise<string> {
  const folder = join(parent, "queue");
  cpSync(join(repository, "test/plugin-sample"), folder, { recursive: true });
  await compileSample(folder, headers);
  return folder;
}

/** Compiles a copy of the sample with these headers. */
export async function compileSample(folder: string, include: string): Promise<void> {
  await mustRun(["make", "-B", "-s", "-C", folder, `RETIS_INCLUDE=${include}`]);
}

/** Writes a new collector to `<parent>/<name>` and compiles it there; returns the folder. */
export async function installTemplate(parent: string, name: string): Promise<string> {
  const folder = join(parent, name);
  writeCollectorTemplate(name, folder);
  await mustRun(["make", "-s", "-C", folder]);
  return folder;
}

/** Everything the contract holds for; the folder of the third parties is the caller's to remove. */
export async function loadSubjects(): Promise<{ readonly folder: string; readonly subjects: readonly LoadedCollector[] }> {
  const folder = mkdtempSync(join(tmpdir(), "retis-contract-"));
  const paths = [await installSample(folder), await installTemplate(folder, "fresh-one")];
  const fail = (message: string) => {
    throw new Error(message);
  };
  const host = { builtIn: builtInCollectors, coreSections: coreSections.map(({ key }) => key), coreFlags: [], warn: fail };
  return { folder, subjects: await loadCollectors(host, { directories: [], paths, names: [] }) };
}
