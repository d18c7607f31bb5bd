/** Stages and sinks of third parties in commands that read files: those of the cookbook's `drop-notes` and `event-socket`. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownCommand } from "../../core/base/own-command.ts";
import { runCommand } from "../support/command.ts";

setDefaultTimeout(60_000);

const plugins = join(import.meta.dir, "../plugins");
let directory = "";
let file = "";

const drop = (timestamp: number, drop_reason: string) => ({
  common: { timestamp, smp_id: 0 },
  kernel: { symbol: "skb:kfree_skb", probe_type: "raw_tracepoint" },
  "skb-drop": { drop_reason },
});

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "retis-stages-"));
  file = join(directory, "events.json");
  const header = readFileSync(join(import.meta.dir, "../cases/cli/events.json"), "utf8").split("\n")[0]!;
  const events = [drop(1000, "NO_SOCKET"), drop(2000, "UNHANDLED_PROTO"), drop(3000, "TCP_CSUM")];
  writeFileSync(file, [header, ...events.map((event) => JSON.stringify(event)), ""].join("\n"));
});
afterAll(() => rmSync(directory, { recursive: true }));

function run(args: readonly string[]) {
  return runCommand([...ownCommand(), ...args], { cwd: directory, env: { HOME: directory } });
}

async function retis(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await run(args);
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

const used = ["-c", join(plugins, "drop-notes")];
const note = "note: the agent of the load balancer was stopped";

test("print shows notes, and no drops that are normal", async () => {
  const text = await retis("print", file, "--format", "single-line", ...used);
  expect(text).toContain(`drop (reason NO_SOCKET) ${note}`);
  expect([...text.matchAll(/reason (\w+)/g)].map(([, reason]) => reason)).toEqual(["NO_SOCKET", "TCP_CSUM"]);
});

test("an installed collector that is not named changes nothing, and by its name it acts", async () => {
  const installed = ["--collector-dir", plugins];
  expect(await retis("print", file, ...installed)).toBe(await retis("print", file));
  expect(await retis("print", file, ...installed, "-c", "drop-notes")).toContain(note);
});

test("what sort writes and prints, and what stats counts", async () => {
  const sorted = join(directory, "sorted.data");
  expect(await retis("sort", file, "-o", sorted, "--print", ...used)).toContain(note);
  const text = await retis("print", sorted, "--format", "json");
  expect(text).toContain('"drop-note":{"text":');
  expect(text).not.toContain("UNHANDLED_PROTO");
  const { drops } = JSON.parse(await retis("stats", file, "--json", ...used)).parts[0];
  expect(drops.total).toBe(2);
});

test("fractions stay what they are, in either form of file and in text", async () => {
  const own = join(directory, "load");
  mkdirSync(own);
  writeFileSync(
    join(own, "collector.ts"),
    `import { defineCollector, defineSection, Type } from "retis/collector";
    const numbers = { load: Type.Number({ description: "Load" }), rates: Type.Array(Type.Number(), { description: "Rates" }) };
    const section = defineSection({ key: "load", summary: "Load", schema: Type.Object(numbers) });
    const load = { load: 0.1, rates: [-1.5, 1e21, 2, 5e-324] };
    export default defineCollector({
      name: "load", summary: "Load", api: "1.x", sections: [section], setup: () => ({ hooks: [] }),
      readerStages: () => ({ "skb-drop": (_, event) => ({ ...event, load }) }),
    });`,
  );
  const expected = '"load":{"load":0.1,"rates":[-1.5,1e+21,2,5e-324]}';
  for (const name of ["sorted.cbor", "sorted.jsonl"]) {
    await retis("sort", file, "-o", join(directory, name), "-c", own);
    expect((await retis("print", join(directory, name), "--format", "json")).split(expected).length).toBe(4);
    expect(await retis("print", join(directory, name), "-c", own)).toContain("load 0.1");
  }
});

/** Lines that a program gets on a Unix socket while `work` goes on. */
async function received(path: string, work: () => Promise<unknown>): Promise<readonly Record<string, unknown>[]> {
  const ended = Promise.withResolvers<void>();
  let text = "";
  const server = createServer((socket) => socket.on("data", (data) => void (text += data)).on("end", () => ended.resolve()));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    await work();
    await ended.promise;
  } finally {
    server.close();
  }
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const reasons = (lines: readonly Record<string, unknown>[]) =>
  lines.flatMap((line) => (line["skb-drop"] as { drop_reason?: string } | undefined)?.drop_reason ?? []);

test("a sink gets what the file is about, its events after stages, and their number", async () => {
  const path = join(directory, "socket");
  const sink = ["--collector-dir", plugins, "-o", `plugin:event-socket,path=${path}`];
  const lines = await received(path, () => retis("print", file, ...sink, "-c", "drop-notes"));
  expect(lines[0]).toMatchObject({ startup: { retis_version: "v1.7.0" } });
  expect(reasons(lines)).toEqual(["NO_SOCKET", "TCP_CSUM"]);
  expect(lines[1]).toMatchObject({ "skb-drop": { class: "problem" }, "drop-note": {} });
  expect(lines.at(-1)).toEqual({ events: 2 });
  const sorted = await received(`${path}2`, () => retis("sort", file, ...sink.with(-1, `plugin:event-socket,path=${path}2`)));
  expect(reasons(sorted)).toEqual(["NO_SOCKET", "UNHANDLED_PROTO", "TCP_CSUM"]);
});

test("flat records in a file, beside what is printed; not over the input", async () => {
  const path = join(directory, "drops.jsonl");
  expect(await retis("sort", file, "-o", `plugin:flat,path=${path}`, "--print")).toContain("UNHANDLED_PROTO");
  const records = readFileSync(path, "utf8").trim().split("\n");
  expect(records.map((line) => JSON.parse(line).class)).toEqual(["problem", "normal", "problem"]);
  const before = readFileSync(file, "utf8");
  expect(await run(["print", file, "-o", `plugin:flat,path=${file}`])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("OUTPUT_IS_INPUT"),
  });
  expect(readFileSync(file, "utf8")).toBe(before);
});

test.each([
  ["plugin:event-socket,path=/nonexistent/socket", 1, "Sink event-socket: connect ENOENT /nonexistent/socket [SINK]"],
  ["plugin:event-socket,color=red", 2, 'sink event-socket has no option "color" [INVALID_OPTION]\nhint: Options: path'],
  ["plugin:event-sockt", 2, 'Unknown sink "event-sockt" [UNKNOWN_SINK]\nhint: Did you mean "event-socket"?'],
  ["plugin:", 2, "no sink named"],
  ["plugin:flat,drops.jsonl", 2, '"drops.jsonl" is not OPTION=VALUE'],
  ["events.json", 2, "not a sink"],
])("refused: -o %s", async (out, status, text) => {
  const result = await run(["print", file, "--collector-dir", plugins, "-o", out]);
  expect(result).toMatchObject({ status, stdout: "", stderr: expect.stringContaining(text) });
});

test("collector show has the sink and its options", async () => {
  const text = await retis("collector", "show", "event-socket", "--collector-dir", plugins);
  expect(text).toContain("Sink (-o plugin:event-socket,OPTION=VALUE):\n  Events as lines of JSON on a Unix socket");
  expect(text).toContain("\n  path The socket (default: /run/events.sock)\n");
});
