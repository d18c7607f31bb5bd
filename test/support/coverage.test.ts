import { expect, test } from "bun:test";
import { coverageByDirectory, coverageTable } from "./coverage.ts";

const record = (file: string, ...[functions, functionsHit, lines, linesHit]: readonly number[]) =>
  `TN:\nSF:${file}\nFNF:${functions}\nFNH:${functionsHit}\nDA:1,5\nLF:${lines}\nLH:${linesHit}\nend_of_record\n`;
const lcov =
  record("core/b/y.ts", 4, 4, 10, 5) +
  record("core/a/x.ts", 2, 1, 8, 8) +
  record("core/b/z.ts", 0, 0, 10, 10) +
  record("core/b/y.test.ts", 9, 0, 9, 0);

test("files are summed by directory, and all of them at the end", () => {
  const coverage = coverageByDirectory(lcov, (file) => !file.endsWith(".test.ts"));
  expect(coverageTable(coverage).split("\n")).toEqual([
    "directory  functions    lines",
    "core/a     50.0 %  100.0 %",
    "core/b    100.0 %   75.0 %",
    "all        83.3 %   82.1 %",
  ]);
});

test("a directory without functions has no share of them", () => {
  const table = coverageTable(coverageByDirectory(record("core/c/t.ts", 0, 0, 1, 1), () => true));
  expect(table).toMatch(/^core\/c +- +100\.0 %$/m);
});
