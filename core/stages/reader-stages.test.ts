import { expect, spyOn, test } from "bun:test";
import skbDrop from "../../collectors/skb-drop/collector.ts";
import { type Collector, defineCollector, defineSection, type ReaderContext, type ReaderStages as Stages, Type } from "../api/collector.ts";
import type { Event } from "../api/event.ts";
import type { SeriesSink } from "../api/sink.ts";
import { log } from "../base/log.ts";
import type { EventReader } from "../file/reader.ts";
import { ReaderStages } from "./reader-stages.ts";
import { stagedReader } from "./staged-reader.ts";
import { withStages } from "./staged-sink.ts";

const section = defineSection({ key: "own", summary: "Own", schema: Type.Object({ n: Type.Integer() }) });

function collector(readerStages: (context: ReaderContext) => unknown, name = "notes"): Collector {
  const stages = readerStages as () => Stages;
  return defineCollector({ name, summary: "Test", api: "1.x", sections: [section], setup: () => ({ hooks: [] }), readerStages: stages });
}

const of = (...collectors: readonly Collector[]) => ReaderStages.of(collectors, "json", [skbDrop]);

async function warnings(work: () => unknown): Promise<readonly string[]> {
  const lines: string[] = [];
  const warn = spyOn(log, "warn").mockImplementation((line) => void lines.push(line));
  await work();
  warn.mockRestore();
  return lines;
}

/** Adds a section to each event of `seen`, and leaves out those with 0. */
const numbering = collector(() => ({ seen: ({ n }: { n: number }, event: Event) => (n === 0 ? undefined : { ...event, own: { n } }) }));

test("stages add sections and leave events out, but not those about the recording", async () => {
  const stages = await of(numbering);
  expect(stages.apply({ seen: { n: 2 } })).toEqual({ seen: { n: 2 }, own: { n: 2 } });
  expect(stages.apply({ seen: { n: 0 } })).toBeUndefined();
  expect(stages.apply({ seen: { n: 0 }, loss: {} })).toEqual({ seen: { n: 0 }, loss: {} });
  const other = { other: {} };
  expect(stages.apply(other)).toBe(other);
  expect(stages.report()).toBe(0);
});

test.each([
  ["a section of another collector", (_: unknown, event: Event) => ({ ...event, other: {} }), 'it changed section "other"'],
  ["a promise", async (_: unknown, event: Event) => event, "it returned a promise"],
  ["no event", () => 5, "it returned neither an event nor undefined"],
  [
    "an exception",
    () => {
      throw new Error("no luck");
    },
    "no luck",
  ],
])("a stage that gives %s changes nothing, and is given up after a hundred times", async (_, decide, reason) => {
  let calls = 0;
  const counting = (data: unknown, event: Event) => {
    calls++;
    return decide(data, event);
  };
  const stages = await of(collector(() => ({ seen: counting })));
  const event = { seen: {} };
  const lines = await warnings(() => {
    for (let count = 0; count < 150; count++) expect(stages.apply(event)).toBe(event);
    expect(stages.report()).toBe(1);
  });
  expect(calls).toBe(100);
  expect(lines).toEqual([
    expect.stringContaining(`Collector notes failed in its stage of section seen: ${reason}`),
    "Collector notes failed 100 times in its stage of section seen; it was not called any more then",
  ]);
});

test.each([
  ["not functions", () => ({ seen: 1 })],
  ["no object", () => "seen"],
  [
    "an exception",
    () => {
      throw new Error("no notes");
    },
  ],
])("a collector whose stages are %s has none, others do", async (_, readerStages) => {
  let stages: ReaderStages | undefined;
  const lines = await warnings(async () => {
    stages = await of(collector(readerStages, "faulty"), numbering);
  });
  expect(lines).toEqual([expect.stringContaining("Collector faulty cannot make its stages: ")]);
  expect(stages?.apply({ seen: { n: 1 } })).toEqual({ seen: { n: 1 }, own: { n: 1 } });
});

test("the class of a drop is in JSON by a stage of skb-drop, and not in text", async () => {
  const drop = { "skb-drop": { drop_reason: "NO_SOCKET" } };
  expect((await of(skbDrop)).apply(drop)).toEqual({ "skb-drop": { drop_reason: "NO_SOCKET", class: "problem" } });
  const consumed = { "skb-drop": { drop_reason: "CONSUMED" } };
  expect((await of(skbDrop)).apply(consumed)).toBe(consumed);
  expect((await ReaderStages.of([skbDrop], "multi-line", [skbDrop])).any).toBe(false);
});

test("sinks and readers give what is left, without empty series", async () => {
  const stages = await of(numbering);
  const seen: unknown[] = [];
  const inner = { write: (event: Event) => seen.push(event), writeSeries: (series: unknown) => seen.push(series) } as unknown as SeriesSink;
  const sink = withStages(inner, stages);
  sink.write({ seen: { n: 1 } });
  sink.writeSeries([{ seen: { n: 0 } }, { a: {} }]);
  sink.writeSeries([{ seen: { n: 0 } }]);
  expect(seen).toEqual([{ seen: { n: 1 }, own: { n: 1 } }, [{ a: {} }]]);
  expect(withStages(inner, await of())).toBe(inner);

  const batches = [[[{ seen: { n: 0 } }], [{ seen: { n: 3 } }]]];
  const reader = { kind: "series", readSeriesBatch: () => batches.shift() } as unknown as EventReader;
  const staged = stagedReader(reader, stages);
  expect([staged.readSeriesBatch(), staged.readSeriesBatch()]).toEqual([[[{ seen: { n: 3 }, own: { n: 3 } }]], undefined]);
  expect(stagedReader(reader, await of())).toBe(reader);
});
