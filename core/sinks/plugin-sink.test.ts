import { expect, spyOn, test } from "bun:test";
import { defineSink, type EventSink, type SinkSummary } from "../api/event-sink.ts";
import { log } from "../base/log.ts";
import { TraceError } from "../base/errors.ts";
import { PluginSink } from "./plugin-sink.ts";
import { TeeSink } from "./tee-sink.ts";

const source = { startup: {}, inputs: [] };

function begin(sink: unknown, callMs?: number): Promise<PluginSink> {
  const declaration = defineSink({ summary: "Test", begin: () => sink as EventSink });
  return PluginSink.begin({ name: "test", declaration, options: {} }, source, callMs);
}

async function warnings(work: () => unknown): Promise<readonly string[]> {
  const lines: string[] = [];
  const warn = spyOn(log, "warn").mockImplementation((line) => void lines.push(line));
  await work();
  warn.mockRestore();
  return lines;
}

const event = (n: number) => ({ a: { n } });

test("events come one after the other, each when the one before is taken, and the end is last and comes once", async () => {
  const seen: unknown[] = [];
  const sink = await begin({
    write: async (one: { a: { n: number } }) => {
      await Bun.sleep(one.a.n === 1 ? 5 : 0);
      seen.push(one.a.n);
    },
    end: (summary: SinkSummary) => void seen.push(summary),
  });
  for (const n of [1, 2]) sink.write(event(n));
  sink.writeSeries([event(3), event(4)]);
  expect([sink.flush(), await sink.end(), await sink.end()]).toEqual(["ok", "ok", "ok"]);
  expect(seen).toEqual([1, 2, 3, 4, { events: 4, failed: 0 }]);
});

test("a sink may take series, flush, and be an object of a class", async () => {
  class Collecting {
    readonly seen: unknown[] = [];
    write(): void {}
    writeSeries(events: unknown): void {
      this.seen.push(events);
    }
    flush(): void {
      this.seen.push("flush");
    }
  }
  const collecting = new Collecting();
  const sink = await begin(collecting);
  sink.writeSeries([event(1), event(2)]);
  sink.flush();
  expect(await sink.end()).toBe("ok");
  expect(collecting.seen).toEqual([[event(1), event(2)], "flush"]);
});

test("the first startup event was given to begin; later ones are of further parts", async () => {
  const seen: unknown[] = [];
  const sink = await begin({ write: (one: unknown) => void seen.push(one) });
  sink.writeSeries([{ startup: { part: 0 } }]);
  sink.write({ startup: { part: 1 } });
  await sink.end();
  expect(seen).toEqual([{ startup: { part: 1 } }]);
});

test("no more than 1024 calls wait before it says so", async () => {
  const gate = Promise.withResolvers<void>();
  const sink = await begin({ write: () => gate.promise });
  for (let n = 0; n < 1024; n++) sink.write(event(n));
  expect(sink.congested).toBe(false);
  sink.write(event(1024));
  expect(sink.congested).toBe(true);
  expect(new TeeSink(sink, sink).congested).toBe(true);
  gate.resolve();
  expect(await sink.end()).toBe("ok");
  expect(sink.congested).toBe(false);
});

test.each([
  [
    "at once",
    () => () => {
      throw new Error("no luck");
    },
  ],
  [
    "later",
    () => async () => {
      throw new Error("no luck");
    },
  ],
])("events for which it fails %s are counted, and reported at the end", async (_, fail) => {
  const failing = fail();
  const summaries: SinkSummary[] = [];
  const sink = await begin({
    write: (one: { a: { n: number } }) => (one.a.n % 2 ? failing() : undefined),
    end: (summary: SinkSummary) => void summaries.push(summary),
  });
  const lines = await warnings(async () => {
    for (let n = 0; n < 6; n++) sink.write(event(n));
    expect(await sink.end()).toMatchObject({ code: "SINK", message: "Sink test: 3 of 6 events not written: no luck" });
  });
  expect(lines).toEqual(["Sink test: no luck"]);
  expect(summaries).toEqual([{ events: 6, failed: 3 }]);
});

test("a hundred failures end it: it takes no more events, and is ended all the same", async () => {
  let [calls, ends] = [0, 0];
  const sink = await begin({
    write() {
      calls++;
      throw new Error("gone");
    },
    end: () => void ends++,
  });
  await warnings(async () => {
    for (let n = 0; n < 300; n++) sink.write(event(n));
    expect(sink.flush()).toBeInstanceOf(TraceError);
    expect(await sink.end()).toMatchObject({ message: "Sink test: 100 of 100 events not written: gone" });
  });
  expect([calls, ends]).toEqual([100, 1]);
});

test("a call that does not return is given up, so that a run ends", async () => {
  const sink = await begin({ write: () => new Promise(() => {}), end: () => new Promise(() => {}) }, 20);
  await warnings(async () => {
    for (let n = 0; n < 5; n++) sink.write(event(n));
    expect(await sink.end()).toMatchObject({ message: "Sink test: 1 of 5 events not written: it did not answer within 20 ms" });
  });
  expect(sink.congested).toBe(false);
});

test.each<[string, () => unknown, string]>([
  ["nothing", () => undefined, "begin gave no object with a function write"],
  ["an object without write", () => ({}), "begin gave no object with a function write"],
  [
    "an exception",
    () => {
      throw new Error("no such host");
    },
    "no such host",
  ],
  ["a promise that fails", () => Promise.reject(new Error("refused")), "refused"],
  ["a promise that is not kept", () => new Promise(() => {}), "it did not answer within 20 ms"],
])("a sink whose begin gives %s is refused", async (_, give, reason) => {
  const declaration = defineSink({ summary: "Test", begin: give as () => EventSink });
  await expect(PluginSink.begin({ name: "test", declaration, options: {} }, source, 20)).rejects.toThrow(`Sink test: ${reason}`);
});
