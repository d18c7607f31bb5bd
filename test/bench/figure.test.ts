import { expect, test } from "bun:test";
import { formatTable, median } from "./figure.ts";

test("the median is the middle of the sorted samples", () => {
  expect(median([10, 9, 100])).toBe(10);
  expect(median([4])).toBe(4);
});

test("a figure is compared with its aim by its median; one without an aim is only shown", () => {
  const table = formatTable([
    { aim: "P1", measure: "cost", unit: "ns", samples: [100, 300, 200], atMost: 250 },
    { aim: "P2", measure: "surplus", unit: "events", samples: [3], atLeast: 0, atMost: 0 },
    { aim: "P5", measure: "phase", unit: "ms", samples: [1.23456] },
  ]);
  expect(table.split("\n")).toEqual([
    "aim  measure  unit      wanted  median  min – max  met",
    "P1   cost     ns         ≤ 250     200  100 – 300  yes",
    "P2   surplus  events  ≥ 0, ≤ 0       3             NO",
    "P5   phase    ms                  1.23",
  ]);
});
