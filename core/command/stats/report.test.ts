import { expect, test } from "bun:test";
import type { PartStatistics } from "../../stats/part-statistics.ts";
import { statsJson, statsText } from "./report.ts";

const none = { top: [] };
const empty: PartStatistics = {
  retis_version: "v1.7.0",
  cmdline: "retis collect -o",
  events: 0,
  events_without_probe: 0,
  probes: none,
  drops: { total: 0, by_reason: none, by_class: none, by_device: none, by_function: none, by_flow: none },
  lost: { total: 0, by_probe: none },
};

test("the first part of a sorted, rotated file, as the original writes it", () => {
  const part: PartStatistics = {
    ...empty,
    split_index: 0,
    series: 2,
    events: 3,
    first_event: { timestamp: 1, utc: "2025-03-18 16:09:06.814498" },
    last_event: { timestamp: 2, utc: "2025-03-18 16:09:07.100000" },
    probes: { top: [{ name: "raw_tracepoint/net:netif_rx", count: 3 }] },
  };
  expect(statsText([part])).toBe(`Retis version: v1.7.0
Retis cmdline: retis collect -o

Split index: 0
Number of series: 2
Number of events: 3
First event at: 2025-03-18 16:09:06.814498
Last event at: 2025-03-18 16:09:07.100000
Probes:
  raw_tracepoint/net:netif_rx: 3
`);
});

test("version and command line precede the first part only", () => {
  expect(statsText([{ ...empty, split_index: 1 }])).toBe("\nSplit index: 1\nNumber of events: 0\n");
});

test("what the original does not count", () => {
  const part: PartStatistics = {
    ...empty,
    events_per_second: 12.5,
    events_without_probe: 1,
    drops: { ...empty.drops, total: 9, by_reason: { top: [{ name: "evil\nname", count: 5 }], others: { names: 3, count: 4 } } },
    lost: { total: 2n ** 60n, by_probe: { top: [{ name: "tp a:b (ring full)", count: 2n ** 60n }] } },
  };
  expect(statsText([part])).toBe(`Retis version: v1.7.0
Retis cmdline: retis collect -o
Number of events: 0
Events per second: 12.5
Events without a probe: 1
Drops: 9
Drops by reason:
  evil\\nname: 5
  (3 more): 4
Lost: 1152921504606846976
  tp a:b (ring full): 1152921504606846976
`);
  expect(statsJson([part])).toContain('"lost":{"total":1152921504606846976,');
});

test("over time: a bar for each interval, gaps in a line", () => {
  const entry = (seconds: number, events: number, drops: number) => ({
    timestamp: seconds * 1e9,
    utc: `2025-03-18 16:09:0${seconds}.000000`,
    events,
    drops,
  });
  const text = statsText([{ ...empty, over_time: { interval: 1e9, intervals: [entry(1, 60, 20), entry(2, 8, 0), entry(6, 1200, 1200)] } }]);
  expect(text).toEndWith(`Over time, by 1s (# drops, - other events):
  2025-03-18 16:09:01    60 events    20 drops  #-
  2025-03-18 16:09:02     8 events     0 drops
  (3 without events)
  2025-03-18 16:09:06  1200 events  1200 drops  ##############################
`);
  expect(statsText([{ ...empty, over_time: { interval: 5e5, intervals: [entry(1, 1, 0)] } }])).toEndWith(
    "by 500us (# drops, - other events):\n  2025-03-18 16:09:01.0000  1 events  0 drops  ------------------------------\n",
  );
});
