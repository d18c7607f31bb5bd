/** The documentation pages whose commands are run. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Step, stepsOf } from "./page-steps.ts";

const repository = join(import.meta.dir, "../..");

/** Pages whose commands another test runs, which also looks at what they print. */
export const elsewhere: ReadonlyMap<string, string> = new Map([["docs/writing-a-collector.md", "test/contract/tutorial.test.ts"]]);

/** Paths of all pages in the repository. */
export const pages: readonly string[] = ["README.md", ...markdownIn("docs"), ...markdownIn("docs/wireshark")];

/** Pages whose commands are to be run, each with its steps. */
export function pagesWithSteps(): readonly { readonly page: string; readonly steps: readonly Step[] }[] {
  return pages.filter((page) => !elsewhere.has(page)).map((page) => ({ page, steps: stepsOf(page, readPage(page)) }));
}

/** Text of a file of the repository. */
export function readPage(path: string): string {
  return readFileSync(join(repository, path), "utf8");
}

function markdownIn(directory: string): readonly string[] {
  return readdirSync(join(repository, directory))
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) => `${directory}/${name}`);
}
