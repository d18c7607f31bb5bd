/** Prints an lcov report as a table by directory, for `npm run coverage`. */
import { readFileSync } from "node:fs";
import { coverageByDirectory, type Coverage, coverageTable } from "./coverage.ts";

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error("usage: coverage-table.ts LCOV_FILE");
const isProduct = (file: string) => /^(core|collectors)\//.test(file) && !/\.test\.ts$|\/testdata\//.test(file);
const coverage: ReadonlyMap<string, Coverage> = coverageByDirectory(readFileSync(path, "utf8"), isProduct);
console.log(coverageTable(coverage));
