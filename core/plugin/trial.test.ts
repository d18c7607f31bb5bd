import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeError, TraceError } from "../base/errors.ts";
import { endlessCollectors, hostileCollectors, installCollectors } from "../../test/support/hostile-collectors.ts";
import { setupTrial, type TrialResult, tryCollectors } from "./trial.ts";

const command = [process.execPath, join(import.meta.dir, "testdata/describe.ts")];
const named = hostileCollectors.filter(([name]) => name !== "takes-skb");
const sound = `import { Type } from "retis/collector";
export default { name: "sound", summary: "Sound", apiVersion: 1, setup: () => ({ hooks: [] }),
  sections: [{ key: "sound", summary: "S", schema: Type.Object({ a: Type.Integer({ description: "A" }) }), format: () => [] }],
  options: Type.Object({ b: Type.Optional(Type.Integer({ description: "B" })) }) };`;

let base = "";
let results: ReadonlyMap<string, TrialResult> = new Map();

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "retis-trial-"));
  const all = [...endlessCollectors, ...named, ["sound", sound] as const];
  installCollectors(base, all);
  const directories = all.map(([name]) => join(base, name));
  const tried = await tryCollectors(command, directories, { cpuMs: 300, waitMs: 1500 });
  results = new Map(all.map(([name], index) => [name, tried[index]!]));
}, 60_000);

afterAll(() => rmSync(base, { recursive: true, force: true }));

test.each([...endlessCollectors, ...named])("%s is found out, and named with its directory", (name, _, report) => {
  const result = results.get(name);
  expect(result).toBeInstanceOf(TraceError);
  expect(describeError(result)).toMatch(report);
  expect(describeError(result)).toContain(join(base, name));
});

test.each([[["/nonexistent/program"]], [["/bin/false"]], [["/bin/echo", "nonsense"]]])(
  "where %p is started, nothing can be said of collectors",
  async (started) => {
    const [result] = await tryCollectors(started, [join(base, "sound")]);
    expect(describeError(result)).toContain(`Cannot load collector ${join(base, "sound")}: it cannot be examined: `);
  },
);

test("a sound collector after all of them is described", () => {
  expect(results.get("sound")).toEqual({
    name: "sound",
    summary: "Sound",
    sections: [
      {
        key: "sound",
        summary: "S",
        schema: { type: "object", required: ["a"], properties: { a: { type: "integer", description: "A" } } },
      },
    ],
    options: { type: "object", properties: { b: { type: "integer", description: "B" } } },
    explainsDrops: false,
  } as unknown as TrialResult);
});

/** Name, members, what is reported; undefined: the collector can be called. */
const setups: readonly (readonly [name: string, members: string, report: RegExp | undefined])[] = [
  ["check-loops", "check() { for (;;); }, setup: () => ({ hooks: [] })", /^its check never ends: it computed for \d+ ms$/],
  ["setup-loops", "setup() { for (;;); }", /^its setup never ends: it computed for \d+ ms$/],
  ["setup-sleeps", "setup() { Bun.sleepSync(1e8); }", /^its setup never ends: it waited for 1500 ms$/],
  ["plan-loops", "setup: () => ({ get hooks() { for (;;); } })", /^its setup never ends: it computed for \d+ ms$/],
  [
    "setup-dies",
    "setup() { Bun.spawnSync(['/bin/sh', '-c', 'kill -9 ' + process.pid]); }",
    /^it ends the process in its setup \(SIGKILL\)$/,
  ],
  ["setup-throws", "setup() { throw new Error('no luck'); }", undefined],
  ["cannot-run", "check: () => ({ ok: false, reason: 'no' }), setup() { for (;;); }", undefined],
  ["endless-for-option", "setup(host, { a }) { if (a === 3) for (;;); }", /^its setup never ends/],
  ["endless-for-other-option", "setup(host, { a }) { if (a !== 3) for (;;); }", undefined],
  [
    "endless-without-kernel",
    "setup(host) { if (typeof host.kernel.release !== 'string' || host.systemChangesAllowed) for (;;); }",
    undefined,
  ],
];

describe("check and setup before a run", () => {
  const requests = () => setups.map(([name]) => ({ directory: join(base, name), options: { a: 3 } }));
  const facts = { kernel: {}, systemChangesAllowed: false };
  const trial = setupTrial(command, { cpuMs: 300, waitMs: 1500 });

  beforeAll(() =>
    installCollectors(
      base,
      setups.map(([name, members]) => [name, `export default { name: "${name}", summary: "S", apiVersion: 1, sections: [], ${members} };`]),
    ),
  );

  test("those that do not return or end the process are found out, and no others", async () => {
    const found = await trial(requests(), facts, new AbortController().signal);
    const reported = setups.map(([name]) => found.get(join(base, name)));
    for (const [index, [name, , report]] of setups.entries()) {
      const text = `${name}: ${reported[index]}`;
      if (report === undefined) expect(text).toBe(`${name}: undefined`);
      else expect(reported[index] ?? text).toMatch(report);
    }
  }, 120_000);

  test("a signal ends the trial at once", async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 200);
    const startedAt = performance.now();
    const endless = setupTrial(command, { cpuMs: 60_000, waitMs: 60_000 });
    expect(await endless(requests().slice(1, 2), facts, stop.signal)).toEqual(new Map());
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  }, 30_000);
});
