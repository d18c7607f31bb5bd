/**
 * Values of the wrong type, at every place that the schema of events has: each loses its section or event at most, is
 * counted, and what is right beside it is shown.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtInCollectors } from "../../collectors/index.ts";
import type { Event } from "../../core/api/event.ts";
import { coreSections } from "../../core/event/core-sections.ts";
import { eventSchema } from "../../core/event/json-schema.ts";
import { EventFileWriter } from "../../core/file/writer.ts";
import { runCommand } from "../support/command.ts";
import { realisticEvent, sampleHeader } from "./files/sample-events.ts";

setDefaultTimeout(120_000);

const main = join(import.meta.dir, "../../core/main.ts");
const sections = [...coreSections, ...builtInCollectors.flatMap((collector) => collector.sections)];
const wrongValues: readonly unknown[] = ["text", "", 1.5, -1, 2n ** 64n - 1n, true, [], [null], {}, { a: { b: [1] } }, Uint8Array.of(1, 2)];
type Schema = Readonly<Record<string, unknown>>;

/** Paths of all values that a schema describes; of an array its first member. */
function pathsOf(schema: Schema, root: Schema, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof schema["$ref"] === "string") {
    const definitions = root["$defs"] as Readonly<Record<string, Schema>>;
    return pathsOf(definitions[schema["$ref"].split("/").at(-1) ?? ""] ?? {}, root, path);
  }
  const properties = Object.entries((schema["properties"] ?? {}) as Readonly<Record<string, Schema>>);
  const choices = [schema["anyOf"], schema["allOf"], schema["oneOf"]].flatMap((list) => (list ?? []) as readonly Schema[]);
  return [
    ...(path.length === 0 ? [] : [path]),
    ...properties.flatMap(([key, member]) => pathsOf(member, root, [...path, key])),
    ...(schema["items"] === undefined ? [] : pathsOf(schema["items"] as Schema, root, [...path, "0"])),
    ...choices.flatMap((choice) => pathsOf(choice, root, path).slice(path.length === 0 ? 0 : 1)),
  ];
}

/** A copy of the event with another value at the path, whose parents are made where they are missing. */
function withValue(event: Event, path: readonly string[], value: unknown): Event {
  const copy = structuredClone(event) as Record<string, unknown>;
  let at: Record<string, unknown> = copy;
  for (const [index, key] of path.slice(0, -1).entries()) {
    if (typeof at[key] !== "object" || at[key] === null) at[key] = path[index + 1] === "0" ? [] : {};
    at = at[key] as Record<string, unknown>;
  }
  at[path.at(-1) ?? ""] = value;
  return copy as Event;
}

const schema = eventSchema(sections) as Schema;
const paths = [...new Set(pathsOf(schema, schema).map((path) => path.join("/")))].map((path) => path.split("/"));
const wrong = paths.flatMap((path) => wrongValues.map((value) => withValue(realisticEvent(1), path, value)));
/** Good events, recognised by a task that no other one has. */
const good = Array.from({ length: 10 }, (_, index) => withValue(realisticEvent(index), ["common", "task", "comm"], `good-${index}`));

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "retis-wrong-"));
  for (const form of ["cbor", "json"] as const) {
    const writer = new EventFileWriter({ path: join(directory, `events.${form}`), form, zstd: false, header: () => sampleHeader() });
    for (const [index, event] of wrong.entries()) {
      writer.writeEvent(event);
      const after = good[index % 500 === 0 ? index / 500 : -1];
      if (after) writer.writeEvent(after);
    }
    writer.close();
  }
});
afterAll(() => rmSync(directory, { recursive: true }));

test("the schema has many places", () => expect(paths.length).toBeGreaterThan(150));

describe.each(["cbor", "json"])("%s", (form) => {
  test.each([
    ["print"],
    ["print", "--utc"],
    ["print", "--format", "single-line"],
    ["print", "--format", "json"],
    ["sort"],
    ["sort", "-o", "sorted.json"],
    ["stats"],
    ["stats", "--json"],
    ["pcap", "-o", "packets.pcapng"],
    ["pcap", "--list-probes"],
  ])("%s %s %s", async (...command) => {
    const argv = [process.execPath, main, ...command.slice(0, 1), `events.${form}`, ...command.slice(1)].filter(
      (word) => typeof word === "string",
    );
    const { status, stdout, stderr } = await runCommand(argv, { cwd: directory, timeoutMs: 60_000 });
    expect(stderr).not.toContain("INTERNAL");
    expect([0, 1]).toContain(status);
    if (command[0] === "print")
      for (let index = 0; index < good.length && index * 500 < wrong.length; index++) expect(stdout).toContain(`good-${index}`);
    await runCommand(["rm", "-f", join(directory, "sorted.json"), join(directory, "packets.pcapng")]);
  });
});

describe("what is odd about a whole file", () => {
  const run = (...args: readonly string[]) => runCommand([process.execPath, main, ...args], { cwd: directory, timeoutMs: 60_000 });
  const write = (name: string, bytes: string | Uint8Array) => writeFileSync(join(directory, name), bytes);
  const lines = () => readFileSync(join(directory, "events.json"), "utf8").split("\n");
  const header = () => JSON.parse(lines()[0] ?? "") as Record<string, Record<string, unknown>>;

  test.each([
    ["host", 5],
    ["schema", null],
    ["schema", "text"],
    ["startup", { split_file: null }],
    ["startup", { split_file: { id: "x", policy: [] } }],
  ])("a header with %s %p is read without it", async (key, value) => {
    const changed = { ...header(), [key]: key === "startup" ? { ...header()["startup"], ...(value as object) } : value };
    write(
      "header.json",
      `${JSON.stringify(changed)}\n${JSON.stringify({ common: { timestamp: 1 }, kernel: { symbol: "f", probe_type: "kprobe" } })}\n`,
    );
    for (const command of ["print", "sort", "stats"]) {
      const { stdout, stderr } = await run(command, "header.json");
      // In JSON, null means that there is no value.
      const damaged = value !== null && !(key === "startup" && (value as { split_file: unknown }).split_file === null);
      expect([command, stderr.split("\n").length - 1]).toEqual([command, damaged ? 1 : 0]);
      if (damaged) expect(stderr).toContain("of the header is damaged and was left out");
      expect(stdout).toContain(command === "stats" ? "f" : "[k] f");
    }
  });

  test("JSON nested deeper than the CBOR form allows loses its line", async () => {
    const deep = (depth: number) => `{"common":{"timestamp":2},"deep":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}}`;
    write("deep.json", [lines()[0], deep(60), deep(70), deep(100_000), '{"common":{"timestamp":3},"last":{}}', ""].join("\n"));
    const { status, stdout, stderr } = await run("print", "deep.json", "--format", "json");
    expect([status, stdout.split("\n").length]).toEqual([1, 4]);
    expect(stderr.match(/nested deeper than 64 levels/g)).toHaveLength(2);
  });

  test("a compressed file may begin with a frame of others", async () => {
    const content = Bun.zstdCompressSync(Buffer.from(`${lines()[0]}\n`));
    write("skippable.zst", Buffer.concat([Buffer.from("5a2a4d18030000006f7468", "hex"), content]));
    expect(await run("print", "skippable.zst", "--format", "json")).toMatchObject({ status: 0, stderr: "" });
  });

  test("messages do not pass on what controls a terminal", async () => {
    write("escapes.json", `${lines()[0]}\n{"a":\u001b[8m\n{"\u202e\u009b1m":5}\n`);
    const { stderr } = await run("print", "escapes.json");
    expect(stderr).toContain("\\x1b");
    expect(stderr).not.toMatch(/[\u001b\u009b\u202e]/);
  });
});
