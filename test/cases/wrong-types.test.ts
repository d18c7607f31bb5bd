/**
 * Values of wrong types, made from the declarations of all sections: every odd value in every place, and seeded random ones. Each
 * loses its section or event at most, is reported, and what is right beside it is shown, within bounded memory. `RETIS_TEST=full`
 * tries a million events, which takes about ten minutes on two processors.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { peakMemory } from "../support/peak-memory.ts";
import { runCommand } from "../support/command.ts";
import { headerItem } from "../../core/file/header.ts";
import { headerBytes, rightTask } from "../support/wrong-events.ts";
import { sampleHeader } from "./files/sample-events.ts";

const isFull = process.env["RETIS_TEST"] === "full";
setDefaultTimeout(isFull ? 3_600_000 : 600_000);

const main = join(import.meta.dir, "../../core/main.ts");
const generator = join(import.meta.dir, "../support/write-wrong-events.ts");
/** What every command may take, the runtime included. */
const memoryLimit = 512 * 1024 * 1024;
const filesOfForm = isFull ? 5 : 1;
const eventsOfFile = isFull ? 50_000 : 500;

/** Commands and what each shows of an event without wrong values. */
const commands: readonly (readonly [command: readonly string[], shown?: string])[] = [
  [["print"], `[${rightTask}]`],
  [["print", "--utc", "-e", "--format", "single-line"], `[${rightTask}]`],
  [["print", "--format", "json"], `"comm":"${rightTask}"`],
  [["sort"], `[${rightTask}]`],
  [["sort", "--format", "json"], `"comm":"${rightTask}"`],
  [["sort", "-o", "sorted.json"]],
  [["sort", "-o", "sorted.cbor"]],
  [["stats"]],
  [["stats", "--json"]],
  [["pcap", "-o", "packets.pcapng"]],
  [["pcap", "--list-probes"]],
];
/** With a million events: what each of them goes through. Every other command has one file of each form. */
const ofEveryFile = ["print", "sort -o sorted.cbor", "stats --json", "pcap -o packets.pcapng"];
/** What remains when time is short: other forms of output, and of files, take the same way through the reader. */
const short = {
  plain: ["print", "print --format json", "sort", "sort -o sorted.cbor", "stats --json", "pcap -o packets.pcapng"],
  zstd: ["print"],
};

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "retis-wrong-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** What a terminal must not get. JSON that goes elsewhere is exact. */
const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

interface Tried {
  readonly status: number;
  readonly stderr: string;
  readonly bytes: number;
  readonly shown: number;
  readonly isUnsafe: boolean;
}

/** Runs a command over the file; looks at its output piece by piece. */
async function tryCommand(command: readonly string[], file: string, shown: string): Promise<Tried> {
  const [name = "", ...options] = command;
  const child = Bun.spawn([process.execPath, main, name, file, ...options], {
    cwd: directory,
    stdout: "pipe",
    stderr: "pipe",
    stdin: "ignore",
  });
  const stderr = child.stderr.text();
  const bytes = peakMemory(child);
  let count = 0;
  let isUnsafe = false;
  let line = "";
  for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (line + piece).split("\n");
    line = lines.pop() ?? "";
    for (const one of lines) {
      count += one.split(shown).length - 1;
      isUnsafe ||= !command.includes("json") && !command.includes("--json") && unsafe.test(one);
    }
  }
  const status = await child.exited;
  return { status, stderr: await stderr, bytes: await bytes, shown: count, isUnsafe };
}

describe.each([
  ["cbor", "plain"],
  ["json", "plain"],
  ["cbor", "zstd"],
  ["json", "zstd"],
] as const)("%s, %s", (form, compression) => {
  /** Commands of a file, and what each shows of an event without wrong values. */
  function commandsOf(number: number): typeof commands {
    if (!isFull) return commands.filter(([command]) => short[compression].includes(command.join(" ")));
    return commands.filter(([command], index) => ofEveryFile.includes(command.join(" ")) || index % filesOfForm === number);
  }

  test.each(Array.from({ length: filesOfForm }, (_, number) => number))("file %d", async (number) => {
    const file = `events-${form}-${compression}`;
    const extent = compression === "zstd" || number > 0 ? "none" : isFull ? "each" : "third";
    const written = await runCommand(
      [process.execPath, generator, join(directory, file), form, compression, String(number), String(eventsOfFile), extent],
      { timeoutMs: 600_000 },
    );
    const right = Number(written.stdout);
    expect({ ...written, right: right > eventsOfFile / 20 }).toMatchObject({ status: 0, stderr: "", right: true });
    let most = 0;
    const tryOne = async ([command, shown]: (typeof commands)[number]) => {
      const found = await tryCommand(command, file, shown ?? "nothing");
      most = Math.max(most, found.bytes);
      expect(found.stderr).not.toMatch(/INTERNAL|bug in retis/);
      expect(found.stderr).toMatch(/left out/);
      expect(found.stderr).not.toMatch(unsafe);
      expect({ command, status: found.status, isUnsafe: found.isUnsafe }).toEqual({ command, status: 1, isUnsafe: false });
      if (shown !== undefined) expect([command, found.shown]).toEqual([command, right]);
      expect(found.bytes).toBeLessThan(memoryLimit);
      if (command[1] === "-o") await expectSorted(command, right);
    };
    // Two at a time.
    const left = commandsOf(number).values();
    const takeAll = async () => {
      for (const one of left) await tryOne(one);
    };
    await Promise.all([takeAll(), takeAll()]);
    if (isFull) console.log(`${file} ${number}: ${eventsOfFile} events, ${right} right; at most ${Math.round(most / 2 ** 20)} MiB`);
    rmSync(join(directory, file));
  });
});

/** What was sorted has all events that are right, and can be read. */
async function expectSorted([name, , file = ""]: readonly string[], right: number): Promise<void> {
  if (name === "sort") {
    const shown = await tryCommand(["print"], file, `[${rightTask}]`);
    expect([shown.shown, shown.status, shown.stderr]).toEqual([right, 0, ""]);
  }
  rmSync(join(directory, file), { force: true });
}

describe("what is odd about a whole file", () => {
  const run = (...args: readonly string[]) => runCommand([process.execPath, main, ...args], { cwd: directory, timeoutMs: 60_000 });
  const write = (name: string, bytes: string | Uint8Array) => writeFileSync(join(directory, name), bytes);
  const header = sampleHeader() as unknown as Record<string, Record<string, unknown>>;
  const firstLine = JSON.stringify(header);

  test.each([
    ["host", 5],
    ["schema", null],
    ["schema", "text"],
    ["startup", { split_file: null }],
    ["startup", { split_file: { id: "x", policy: [] } }],
  ])("a header with %s %p is read without it", async (key, value) => {
    const changed = { ...header, [key]: key === "startup" ? { ...header["startup"], ...(value as object) } : value };
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

  test.each([
    ["common", { timestamp: "1" }],
    ["common", 5],
    ["startup", { cmdline: 7 }],
    ["startup", { clock_monotonic_offset: [] }],
    ["startup", { clock_monotonic_offset: { sec: 1.5, nsec: "x" } }],
    ["startup", { machine: "text" }],
    ["startup", { machine: { kernel_release: {}, kernel_version: "", hardware_name: false } }],
  ])("a header with %s %p is read with other values", async (key, value) => {
    const changed = { ...header, [key]: key === "startup" ? { ...header["startup"], ...(value as object) } : value };
    write(
      "header.json",
      `${JSON.stringify(changed)}\n${JSON.stringify({ common: { timestamp: 1 }, kernel: { symbol: "f", probe_type: "kprobe" } })}\n`,
    );
    for (const command of [["print", "--utc"], ["sort"], ["stats"]]) {
      const { stdout, stderr, status } = await run(command[0] ?? "", "header.json", ...command.slice(1));
      expect(stderr).toMatch(/of the header has a value of the wrong type\n/);
      expect([status, stderr.includes("INTERNAL"), stdout.includes("f")]).toEqual([1, false, true]);
    }
  });

  test("JSON nested deeper than the CBOR form allows loses its line", async () => {
    const deep = (depth: number) => `{"common":{"timestamp":2},"deep":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}}`;
    write("deep.json", [firstLine, deep(60), deep(70), deep(100_000), '{"common":{"timestamp":3},"last":{}}', ""].join("\n"));
    const { status, stdout, stderr } = await run("print", "deep.json", "--format", "json");
    expect([status, stdout.split("\n").length]).toEqual([1, 4]);
    expect(stderr.match(/nested deeper than 64 levels/g)).toHaveLength(2);
  });

  test("a compressed file may begin with a frame of others", async () => {
    const content = Bun.zstdCompressSync(Buffer.from(`${firstLine}\n`));
    write("skippable.zst", Buffer.concat([Buffer.from("5a2a4d18030000006f7468", "hex"), content]));
    expect(await run("print", "skippable.zst", "--format", "json")).toMatchObject({ status: 0, stderr: "" });
  });

  test.each([
    ["a string", "a1656f746865725b0000010000000000", 0],
    ["a list", "9b0000010000000000", 0],
    ["nesting", "a1656f74686572", 0x82],
  ])("SIGTERM is heard inside an item without end: %s", async (_name, head, filling) => {
    const command = Bun.spawn([process.execPath, main, "sort", "-"], { stdin: "pipe", stdout: "ignore", stderr: "pipe" });
    const bytes = Buffer.alloc(1 << 20, filling);
    command.stdin.write(headerBytes("cbor", headerItem(sampleHeader(), {})));
    command.stdin.write(Buffer.from(head, "hex"));
    for (let i = 0; i < 30; i++) {
      command.stdin.write(bytes);
      await command.stdin.flush();
    }
    const begin = performance.now();
    command.kill("SIGTERM");
    expect(await command.exited).toBe(143);
    expect(performance.now() - begin).toBeLessThan(5000);
    expect(await command.stderr.text()).toContain("Interrupted");
  });

  test("messages do not pass on what controls a terminal", async () => {
    write("escapes.json", `${firstLine}\n{"a":\u001b[8m\n{"\u202e\u009b1m":5}\n`);
    const { stderr } = await run("print", "escapes.json");
    expect(stderr).toContain("\\x1b");
    expect(stderr).not.toMatch(/[\u001b\u009b\u202e]/);
  });
});
