import { expect, test } from "bun:test";
import { junitSummary } from "./junit.ts";
import { exitStatus, failureLines, skipLines, sum, sumLine } from "./summary.ts";

const report = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="4" failures="1" skipped="2">
  <testsuite name="a.test.ts" file="a.test.ts" tests="4">
    <testcase name="passes" classname="" time="0.1" file="a.test.ts" line="1" />
    <testcase name="a &quot;quoted&quot; one &gt; 0 (needs root)" classname="" file="a.test.ts" line="2"><skipped /></testcase>
    <testcase name="in a group" classname="group (needs clang)" file="a.test.ts" line="3">
      <skipped message="TODO" />
    </testcase>
    <testcase name="fails" classname="" file="a.test.ts" line="4">
      <failure type="Error" message="x">Error: x</failure>
    </testcase>
  </testsuite>
</testsuites>`;

test("a report of bun test is counted, skips with their reasons", () => {
  const summary = junitSummary(report);
  expect(sumLine(summary)).toBe("1 passed, 1 failed, 2 skipped");
  expect(skipLines(summary)).toEqual([
    'skipped: a.test.ts: a "quoted" one > 0 (needs root)',
    "skipped: a.test.ts: group : in a group (needs clang)",
  ]);
  expect(failureLines(summary)).toEqual(["failed: [unit] a.test.ts: fails"]);
});

test("sums add up; only a run that passed something and failed nothing is good", () => {
  const passed = { passed: 2, failed: 0, failures: [], skipped: [] };
  expect(sumLine(sum([passed, junitSummary(report)]))).toBe("3 passed, 1 failed, 2 skipped");
  expect(exitStatus(passed)).toBe(0);
  expect(exitStatus(junitSummary(report))).toBe(1);
  expect(exitStatus({ passed: 0, failed: 0, failures: [], skipped: [] })).toBe(1);
});
