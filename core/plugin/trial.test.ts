import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeError, TraceError } from "../base/errors.ts";
import { endlessCollectors, hostileCollectors, installCollectors } from "../../test/support/hostile-collectors.ts";
import { type TrialResult, tryCollectors } from "./trial.ts";

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
