import { expect, test } from "bun:test";
import { junitTimes } from "./junit.ts";
import { timeReport } from "./timing.ts";

test("parts of a run come with what their tests waited for, then the slowest tests of all parts", () => {
  const lines = timeReport([
    { name: "unit", ms: 95_000, tests: [{ name: "a.test.ts", ms: 5000 }] },
    {
      name: "6.12",
      ms: 300_000,
      tests: [
        { name: "short", ms: 900, steps: { traffic: 50, "start retis": 700 } },
        { name: "long", ms: 9000, steps: { traffic: 1000, "start retis": 7300 } },
      ],
    },
  ]);
  expect(lines).toEqual([
    "== time",
    "  95.0 s unit",
    " 300.0 s 6.12 (start retis 8.0 s, traffic 1.1 s)",
    "== slowest 3",
    "   9.0 s [6.12] long (start retis 7.3 s, traffic 1.0 s)",
    "   5.0 s [unit] a.test.ts",
    "   0.9 s [6.12] short (start retis 0.7 s)",
  ]);
});

test("only the 20 slowest are shown", () => {
  const tests = Array.from({ length: 30 }, (_, index) => ({ name: `t${index}`, ms: index }));
  const lines = timeReport([{ name: "unit", ms: 0, tests }]);
  expect(lines).toHaveLength(2 + 1 + 20);
  expect(lines.at(-1)).toContain("t10");
});

test("times of unit tests are summed by file", () => {
  const xml = '<testcase name="a" time="0.5" file="a.test.ts" /><testcase name="b" time="1.25" file="a.test.ts"></testcase>';
  expect(junitTimes(xml)).toEqual([{ name: "a.test.ts", ms: 1750 }]);
});
