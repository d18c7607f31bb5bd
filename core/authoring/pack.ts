/** `retis collector pack`: the directory of a collector as one file. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { apiOf } from "../api/api-range.ts";
import type { Collector, Plan } from "../api/collector.ts";
import type { Host } from "../api/host.ts";
import { notPackable, reasonOf } from "../base/errors.ts";
import { type Manifest, packFiles } from "../packed/packed-collector.ts";
import { moduleGraph } from "./module-graph.ts";
import { checkPlan } from "./plan-check.ts";

const entry = "collector.ts";
const legalFiles = /^(LICEN[CS]E|COPYING|NOTICE)([.-].*)?$/i;
const readmeFile = /^README(\.md|\.txt)?$/i;

export interface Packed {
  readonly name: string;
  readonly version: string;
  readonly bytes: Uint8Array;
  /** Paths of what is in it, without the manifest. */
  readonly files: readonly string[];
}

/**
 * Packs what a run needs: the code that is imported, objects, the package's description and its license.
 * @param directory absolute, links resolved
 * @throws TraceError `PACK` for a collector that could not be used where it is unpacked
 */
export async function packCollector(collector: Collector, directory: string, host: Host): Promise<Packed> {
  const { version, license } = readPackage(directory);
  const { findings, plan } = checkPlan(collector, host);
  const fault = findings.find(({ status }) => status === "FAIL");
  if (fault !== undefined)
    throw notPackable(directory, `${fault.check}: ${fault.detail}`, "'retis collector test' shows all that is wrong with it");
  const graph = await graphOf(directory);
  const top = readdirSync(directory).filter((name) => legalFiles.test(name) || readmeFile.test(name));
  const paths = [...graph.files, ...objectsIn(directory), ...top, "package.json", ...packageFiles(directory, graph.files)];
  const files = new Map([...new Set(paths)].sort().map((path) => [path, readFileSync(join(directory, path))]));
  const manifest: Omit<Manifest, "format" | "files"> = {
    ...{ name: collector.name, version, summary: collector.summary, license, api: apiOf(collector) },
    kernel: kernelNeeds(collector, plan),
    entry,
    imports: graph.imports,
  };
  return { name: collector.name, version, bytes: packFiles(manifest, files), files: [...files.keys()] };
}

function readPackage(directory: string): { readonly version: string; readonly license: string } {
  const path = join(directory, "package.json");
  const hint = 'Write package.json: { "name": "…", "version": "1.0.0", "license": "MIT" }';
  if (!existsSync(path)) throw notPackable(directory, "it has no package.json", hint);
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw notPackable(directory, `package.json is not JSON: ${reasonOf(error)}`, hint);
  }
  const { version, license } = Object(content) as Record<string, unknown>;
  if (typeof version !== "string" || !/^\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$/.test(version))
    throw notPackable(directory, "package.json has no version of three numbers", hint);
  if (typeof license !== "string" || license === "") throw notPackable(directory, "package.json names no license", hint);
  return { version, license };
}

async function graphOf(directory: string) {
  try {
    return await moduleGraph(directory, entry);
  } catch (error) {
    throw notPackable(directory, reasonOf(error), "Everything that is imported must be in the directory, its node_modules included");
  }
}

/** Compiled objects: which of them a run uses may depend on its options. */
function objectsIn(directory: string, at = ""): readonly string[] {
  return readdirSync(join(directory, at), { withFileTypes: true }).flatMap((item) => {
    const path = posix.join(at, item.name);
    if (item.isDirectory()) return /^(\.|node_modules$|test$)/.test(item.name) ? [] : objectsIn(directory, path);
    return item.isFile() && item.name.endsWith(".o") ? [path] : [];
  });
}

/** Descriptions and licenses of the npm packages that the code is of. */
function packageFiles(directory: string, modules: readonly string[]): readonly string[] {
  const homes = new Set(modules.flatMap((path) => /^(.*\/)?node_modules\/(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []));
  return [...homes].flatMap((home) =>
    readdirSync(join(directory, home))
      .filter((name) => name === "package.json" || legalFiles.test(name))
      .map((name) => posix.join(home, name)),
  );
}

/** What the collector looks for in the kernel; for people who decide whether it is of use to them. */
function kernelNeeds({ args = {}, kernelTypes = [] }: Collector, plan: Plan | undefined): Manifest["kernel"] {
  const argumentTypes = Object.values(args).flatMap((types) => types.map((type) => (typeof type === "string" ? type : type.type)));
  const probes = (plan?.probes ?? []).map((probe) => (typeof probe === "string" ? probe : probe.probe));
  return { probes: [...new Set(probes)].sort(), types: [...new Set([...kernelTypes, ...argumentTypes])].sort() };
}
