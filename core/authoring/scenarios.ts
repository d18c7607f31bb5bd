/** An author's scenarios, `test/*.ts`: real traffic in network namespaces, recorded with the collector. Needs root. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { reasonOf, unsafePlugin } from "../base/errors.ts";
import { describeImportError } from "../base/import-error.ts";
import { importTrusted } from "../base/trusted-import.ts";
import { mayUseBpf } from "../doctor/may-use-bpf.ts";
import { type CollectorScenario, isScenario, runCollectorScenario, testModule } from "../scenarios/test-module.ts";
import { testDirectory } from "./golden.ts";
import { type Finding, fail, ok, skip } from "./report.ts";

const check = "scenario";
const moduleName = "retis/test";
let registered = false;

/** @param directory absolute */
export async function* runScenarios(directory: string): AsyncIterableIterator<Finding> {
  const files = scenarioFiles(directory);
  if (files.length === 0) return yield skip(check, `no ${testDirectory}/*.ts`);
  const missing = whatIsMissing();
  if (missing !== undefined) return yield skip(check, `${files.join(", ")}: not run: ${missing}`);
  registerModule();
  for (const file of files) {
    const scenarios = await load(directory, file);
    if (typeof scenarios === "string") {
      yield fail(check, `${file}: ${scenarios}`);
      continue;
    }
    for (const scenario of scenarios) {
      const failure = await runCollectorScenario(scenario, directory);
      yield failure === undefined ? ok(check, scenario.name) : fail(check, `${scenario.name}\n${failure}`);
    }
  }
}

function scenarioFiles(directory: string): readonly string[] {
  const tests = join(directory, testDirectory);
  const names = existsSync(tests) ? readdirSync(tests).sort() : [];
  return names.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts")).map((name) => `${testDirectory}/${name}`);
}

function whatIsMissing(): string | undefined {
  if (!mayUseBpf()) return "needs root";
  const missing = ["ip", "nsenter"].filter((program) => Bun.which(program) === null);
  return missing.length === 0 ? undefined : `needs ${missing.join(" and ")}`;
}

/** The scenarios of a file; a text that says why there are none. */
async function load(directory: string, file: string): Promise<readonly CollectorScenario[] | string> {
  try {
    const { scenarios } = await importTrusted(join(directory, file), {
      hostModules: [moduleName, "retis/collector"],
      within: directory,
      refusal: unsafePlugin,
    });
    return Array.isArray(scenarios) && scenarios.every(isScenario)
      ? scenarios
      : "it does not export scenarios, a list of what scenario() gives";
  } catch (error) {
    return describeImportError(error, (thrown) => `it throws when imported: ${reasonOf(thrown)}`);
  }
}

function registerModule(): void {
  if (registered) return;
  registered = true;
  Bun.plugin({ name: "retis-test", setup: (build) => void build.module(moduleName, () => ({ exports: testModule, loader: "object" })) });
}
