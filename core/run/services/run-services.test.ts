import { expect, spyOn, test } from "bun:test";
import { defineCollector, defineSection, type Run, Type, U32 } from "../../api/collector.ts";
import type { Event } from "../../api/event.ts";
import { log } from "../../base/log.ts";
import { RecordCodec } from "../../event/record.ts";
import { compileSection } from "../../event/section-codec.ts";
import { struct, u32 } from "../../event/testdata/layout-builder.ts";
import { buildRecord, builtHeader } from "../../event/testdata/record-builder.ts";
import { WireBuffer } from "../../event/wire-buffer.ts";
import { waitingLimit } from "./emitted-events.ts";
import { RunServices } from "./run-services.ts";

const description = "Test";
const own = defineSection({ key: "own", summary: description, schema: Type.Object({ n: U32({ description }) }) });
const sent = ["seen", "other"].map((key) =>
  defineSection({ key, summary: description, wire: key, schema: Type.Object({ n: U32({ description }) }) }),
);

const collector = defineCollector({
  name: "test",
  summary: description,
  apiVersion: 1,
  sections: [own],
  losses: { full: "table full" },
  setup: () => ({ hooks: [] }),
});

function services(maps?: Record<string, { perLoad: boolean }>) {
  const codecs = sent.map(
    (section, index) => [index + 1, compileSection({ section, layout: struct(section.key, { n: u32 }), collector: "test" })] as const,
  );
  const codec = new RecordCodec(new Map(codecs), builtHeader);
  const all = new RunServices({ sections: [own, ...sent], findMap: () => undefined, codec, now: () => 77 });
  const plan = { hooks: [], ...(maps ? { maps } : {}) };
  return {
    services: all,
    run: all.runFor({
      loaded: { collector, directory: undefined, source: "built-in" } as never,
      host: {} as never,
      plan,
      options: {},
      companion: false,
      optional: false,
    }),
    codec,
  };
}

/** Warnings that something writes. */
async function warnings(work: () => void | Promise<void>): Promise<readonly string[]> {
  const lines: string[] = [];
  const warn = spyOn(log, "warn").mockImplementation((line) => void lines.push(line));
  await work();
  warn.mockRestore();
  return lines;
}

test("an event of a collector's own has the time, is a copy, and comes once", () => {
  const { services: all, run } = services();
  const data = { n: 1 };
  expect(run.emit({ own: data })).toBe(true);
  data.n = 2;
  run.emit({ own: data }, 5n);
  expect(all.takeEvents()).toEqual([
    { common: { timestamp: 77 }, own: { n: 1 } },
    { common: { timestamp: 5n }, own: { n: 2 } },
  ] as Event[]);
  expect(all.takeEvents()).toEqual([]);
});

test("more events than may wait are counted as lost", () => {
  const { services: all, run } = services();
  const taken = Array.from({ length: waitingLimit + 3 }, (_, n) => run.emit({ own: { n } }));
  expect(taken.filter(Boolean).length).toBe(waitingLimit);
  expect(all.losses()).toEqual([
    { kind: "lost", probe: "collector test", reason: `more than ${waitingLimit} of its own events at once`, count: 3 },
  ]);
  expect(all.takeEvents().length).toBe(waitingLimit);
  expect(run.emit({ own: { n: 1 } })).toBe(true);
});

test.each<[string, Parameters<Run["emit"]>, string]>([
  ["a section of another collector", [{ seen: { n: 1 } }], "the collector declares no such section"],
  ["no sections", [{}], "without sections"],
  ["a property too few", [{ own: {} }], "property n is missing"],
  ["a property too many", [{ own: { n: 1, m: 1 } }], "its schema has no property m"],
  ["no object", [{ own: 5 as never }], "it is not an object"],
  ["no time", [{ own: { n: 1 } }, -1], "-1 is not a time stamp"],
])("refused as an event: %s", (_name, args, message) => {
  expect(() => services().run.emit(...args)).toThrow(message);
});

test("losses that the collector declares are counted, others refused", () => {
  const { services: all, run } = services();
  run.lost("full");
  run.lost("full", 4);
  expect(all.losses()).toEqual([{ kind: "lost", probe: "collector test", reason: "table full", count: 5 }]);
  expect(() => run.lost("empty")).toThrow('declares no loss "empty"');
});

test("a map that is not there, or not one map, is refused", () => {
  expect(() => services().run.map("flows")).toThrow("no hook of this run defines a map flows");
  expect(() => services({ flows: { perLoad: true } }).run.map("flows")).toThrow("each load of programs has its own");
});

test("a watched section is noticed whether records are decoded or only written; others are not", async () => {
  const { services: all, run, codec } = services();
  const seen: unknown[] = [];
  expect(() => run.observe("absent", () => {})).toThrow('has a section "absent"');
  run.observe("seen", (data, event) => seen.push([data, Object.keys(event)]));
  run.observe("seen", () => {
    throw new Error("faulty");
  });
  const record = (owner: number) => buildRecord([{ owner, payload: Uint8Array.of(9, 0, 0, 0) }]);
  const noticed = (owner: number, how: "decode" | "write") => {
    all.observers.seen = false;
    const bytes = record(owner);
    const buffer = new WireBuffer(bytes.buffer as ArrayBuffer);
    if (how === "write") codec.write(buffer, 0, bytes.length, new Uint8Array(64), 0);
    else codec.decode(buffer, 0, bytes.length);
    return all.observers.seen;
  };
  expect([noticed(1, "write"), noticed(1, "decode"), noticed(2, "write"), noticed(2, "decode")]).toEqual([true, true, false, false]);
  const lines = await warnings(() => {
    all.observers.notify({ seen: { n: 9 }, other: { n: 1 } });
    all.observers.notify({ other: { n: 1 } });
    all.observers.notify({ seen: { n: 10 } });
  });
  expect(seen).toEqual([
    [{ n: 9 }, ["seen", "other"]],
    [{ n: 10 }, ["seen"]],
  ]);
  expect(lines).toEqual([expect.stringContaining("Collector test failed at section seen: faulty")]);
  expect(all.losses()).toEqual([{ kind: "lost", probe: "collector test", reason: "failed at section seen", count: 2 }]);
});

test("periodic work is called when it is due, once however late, and not again while a call goes on", async () => {
  const { services: all, run } = services();
  const calls = { plain: 0, slow: 0 };
  const slow = Promise.withResolvers<void>();
  expect(() => run.every(1, () => {})).toThrow("too short");
  run.every(20, () => void calls.plain++);
  run.every(20, () => {
    calls.slow++;
    return slow.promise;
  });
  expect(all.untilDue()).toBeWithin(1, 21);
  all.turn();
  expect(calls).toEqual({ plain: 0, slow: 0 });
  await Bun.sleep(50);
  expect(all.untilDue()).toBe(0);
  all.turn();
  all.turn();
  expect(calls).toEqual({ plain: 1, slow: 1 });
  expect(all.pending).toBe(true);
  await Bun.sleep(25);
  all.turn();
  expect(calls).toEqual({ plain: 2, slow: 1 });
  slow.resolve();
  await Bun.sleep(25);
  expect(all.pending).toBe(false);
  all.turn();
  expect(calls).toEqual({ plain: 3, slow: 2 });
});

test("work that is due soon after other work is done with it, work that is done once is never early", () => {
  const { services: all, run } = services();
  const calls: string[] = [];
  const clock = spyOn(performance, "now").mockReturnValue(0);
  const at = (now: number) => {
    clock.mockReturnValue(now);
    const until = all.untilDue();
    all.turn();
    return [until, calls.splice(0).join(" ")];
  };
  try {
    run.every(1000, () => void calls.push("first"));
    run.every(1040, () => void calls.push("second"));
    run.every(200, () => void calls.push("often"));
    run.after(1010, () => void calls.push("once"));
    expect(() => run.after(-1, () => {})).toThrow("not a time");
    expect(at(100)).toEqual([100, ""]);
    expect(at(200)).toEqual([0, "often"]);
    expect(at(1000)).toEqual([0, "first second often"]);
    expect(at(1010)).toEqual([0, "once"]);
    expect(at(1011)).toEqual([189, ""]);
    expect(at(5000)).toEqual([0, "first second often"]);
  } finally {
    clock.mockRestore();
  }
});

test("the end of a run ends work, and abandons what does not end", async () => {
  const { services: all, run } = services();
  const ended: string[] = [];
  run.background(async (signal) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    ended.push("aborted");
    throw new Error("interrupted");
  });
  const lines = await warnings(async () => {
    run.background(() => Promise.reject(new Error("no such file")));
    run.background(() => {
      throw new Error("at once");
    });
    await Bun.sleep(1);
    run.background(() => new Promise(() => {}));
    const start = performance.now();
    await all.end();
    expect(performance.now() - start).toBeWithin(200, 3000);
  });
  expect(ended).toEqual(["aborted"]);
  expect(lines).toEqual([
    expect.stringContaining("Collector test: at once"),
    expect.stringContaining("Collector test: no such file"),
    expect.stringContaining("Collector test did not end its work within"),
  ]);
  run.background(async () => void ended.push("late"));
  run.every(10, () => void ended.push("late"));
  await Bun.sleep(20);
  all.turn();
  expect(ended).toEqual(["aborted"]);
});

/** An event of the record of section `seen` with this number, and what is written of it. */
function stagedBy(all: RunServices) {
  return (n: number, others: Event = {}) => all.stages.apply({ seen: { n }, ...others });
}

test("stages decide in turn: an event is changed, left out, or as it is; sections of others stay", async () => {
  const { services: all, run } = services();
  run.stage("seen", ({ n }, event) => (n === 0 ? undefined : { ...event, own: { n: Number(n) * 2 } }));
  run.stage("seen", ({ n }, event) => (n === 1 ? { ...event, other: { n: 9 } } : event));
  run.stage("own", ({ n }, event) => ({ ...event, own: { n: Number(n) + 1 } }));
  const staged = stagedBy(all);
  const lines = await warnings(() => {
    expect([staged(0), staged(1), staged(2), all.stages.apply({ other: { n: 0 } })]).toEqual([
      "left-out",
      { seen: { n: 1 }, own: { n: 3 } },
      { seen: { n: 2 }, own: { n: 5 } },
      { other: { n: 0 } },
    ]);
  });
  expect(lines).toEqual([
    'Collector test failed in its stage of section seen: it changed section "other", which the collector does not declare',
  ]);
  expect(all.losses()).toEqual([{ kind: "incomplete", probe: "collector test", reason: "failed in its stage of section seen", count: 1 }]);
  expect(() => run.stage("nothing", () => undefined)).toThrow('no collector of this run has a section "nothing"');
});

test("an event waits for a slow stage and then goes through the later ones; a late or failed answer changes nothing", async () => {
  const { services: all, run } = services();
  const answers = new Map<number, PromiseWithResolvers<number>>();
  run.stage(
    "seen",
    async ({ n }, event) => {
      const answer = Promise.withResolvers<number>();
      answers.set(Number(n), answer);
      return { ...event, own: { n: await answer.promise } };
    },
    { within: 30 },
  );
  run.stage("own", ({ n }, event) => (n === 13 ? undefined : event));
  const staged = stagedBy(all);
  const lines = await warnings(async () => {
    expect([staged(1), staged(2), staged(3), staged(4)]).toEqual(["waiting", "waiting", "waiting", "waiting"]);
    expect([all.pending, all.takeEvents()]).toEqual([true, []]);
    answers.get(2)!.resolve(8);
    answers.get(1)!.resolve(13);
    answers.get(3)!.reject(new Error("refused"));
    await Bun.sleep(0);
    expect(all.takeEvents()).toEqual([{ seen: { n: 2 }, own: { n: 8 } }, { seen: { n: 3 } }]);
    await Bun.sleep(40);
    expect([all.takeEvents(), all.pending]).toEqual([[{ seen: { n: 4 } }], false]);
    staged(5);
    await all.end();
    expect(all.takeEvents()).toEqual([{ seen: { n: 5 } }]);
  });
  expect(lines).toEqual(["Collector test failed in its stage of section seen: refused"]);
  expect(all.losses().map(({ reason, count }) => [reason, count])).toEqual([
    ["failed in its stage of section seen", 1],
    ["too late in its stage of section seen: the event was written as it was", 2],
  ]);
});

test("no more than 1024 events wait for stages", () => {
  const { services: all, run } = services();
  run.stage("seen", () => new Promise(() => {}));
  const staged = stagedBy(all);
  const results = Array.from({ length: 1026 }, (_, n) => staged(n));
  expect([results.filter((one) => one === "waiting").length, results.slice(1024)]).toEqual([
    1024,
    [{ seen: { n: 1024 } }, { seen: { n: 1025 } }],
  ]);
  expect(all.losses()[0]).toMatchObject({ count: 2 });
});
