/** A third party's collector is at home everywhere: the compiled executable alone loads it from a directory of its own. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../support/command.ts";
import { cannotTrace, makeWorkplace, markedPing, notCompiled, type Workplace } from "./compiled.ts";
import { compileSample, headers, installSample } from "./subjects.ts";

setDefaultTimeout(60_000);

let place: Workplace;
let sample = "";

beforeAll(async () => {
  if (notCompiled) return;
  place = makeWorkplace();
  sample = await installSample(place.directory);
});
afterAll(() => place?.remove());

/** Runs the executable with an empty home; the sample is found in the workplace. */
async function retis(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await runCommand([place.retis, ...args], { cwd: "/", env: { HOME: place.directory } });
  expect({ args, status, stderr: status === 0 ? "" : stderr }).toEqual({ args, status: 0, stderr: "" });
  return stdout;
}

describe.skipIf(notCompiled !== undefined)(`described by the executable${notCompiled ? ` (${notCompiled})` : ""}`, () => {
  test("its option is in the help of collect", async () => {
    expect(await retis("collect", "--collector-dir", place.directory, "--help")).toMatch(
      /Options of collector queue:\n\s+--queue-only <number>\s+Report only events of packets on this queue/,
    );
  });

  test("its section is in the schema", async () => {
    const schema = JSON.parse(await retis("schema", "--collector-dir", place.directory));
    expect(schema.properties.queue).toBeDefined();
    expect(JSON.stringify(schema.$defs)).toContain("Traffic class of the priority");
  });

  test("it is listed with its directory, and shown with fields and options", async () => {
    const list = await retis("collector", "list", "--collector-dir", place.directory);
    expect(list.replace(/ +/g, " ")).toContain(`queue The transmit queue, priority and firewall mark of the packet (${sample})`);
    const shown = await retis("collector", "show", sample);
    expect(shown).toMatch(/^ {4}class\? +string +Traffic class/m);
    expect(shown).toContain("--queue-only Report only events of packets on this queue");
  });

  test("a wrong value of its option is a usage error", async () => {
    const { status, stderr } = await runCommand([place.retis, "collect", "-c", sample, "--queue-only", "70000"]);
    expect(status).toBe(2);
    expect(stderr).toContain('Invalid value "70000" for --queue-only');
  });

  test("root does not load it when others can write to it", async () => {
    chmodSync(join(sample, "section.ts"), 0o666);
    const { status, stderr } = await runCommand([place.retis, "collector", "show", sample]);
    chmodSync(join(sample, "section.ts"), 0o644);
    if (process.getuid?.() === 0)
      expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining("is writable by others") });
    else expect(status).toBe(0);
  });
});

describe.skipIf(cannotTrace !== undefined)(`tracing the kernel${cannotTrace ? ` (${cannotTrace})` : ""}`, () => {
  const text = /^ {2}queue \d+ prio 6 \(interactive\) mark 0x7$/m;

  test("text", async () => {
    expect(await retis("collect", "-c", sample, "--cmd", markedPing)).toMatch(text);
  });

  test("JSON, found in a directory by its name", async () => {
    const lines = await retis("collect", "--collector-dir", place.directory, "-c", "queue,dev", "--format", "json", "--cmd", markedPing);
    const events: readonly Record<string, unknown>[] = lines
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events).toContainEqual(
      expect.objectContaining({
        queue: { queue: expect.any(Number), priority: 6, class: "interactive", mark: 7 },
        dev: { name: "lo", ifindex: 1 },
      }),
    );
  });

  test("a CBOR file, printed with the collector and without", async () => {
    const file = join(place.directory, "events.cbor");
    await retis("collect", "-c", sample, "-o", file, "--cmd", markedPing);
    expect(await retis("print", file, "--collector-dir", place.directory)).toMatch(text);
    // A reader that does not have the collector still shows what is in the file.
    expect(await retis("print", file, "--format", "json")).toContain('"class":"interactive"');
  });

  test("its option reaches the hook", async () => {
    expect(await retis("collect", "-c", sample, "--queue-only", "65535", "--cmd", markedPing)).toBe("");
  });

  /** The headers of a later version, made up; gives their directory. */
  function otherHeaders(directory: string): string {
    cpSync(headers, directory, { recursive: true });
    const record = join(directory, "retis/record.h");
    writeFileSync(record, readFileSync(record, "utf8").replace("RETIS_SKB_COPY 256", "RETIS_SKB_COPY 320"));
    return directory;
  }

  /** What doctor says of the sample. */
  async function diagnosis() {
    const { stdout } = await runCommand([place.retis, "doctor", "--json", "--collector-dir", place.directory], {
      env: { HOME: place.directory },
    });
    const { ready, checks } = JSON.parse(stdout);
    expect(ready).toBe(true); // whatever is wrong with the sample
    return checks.find(({ name }: { readonly name: string }) => name === "queue");
  }

  test("doctor checks it too", async () => {
    expect(await diagnosis()).toEqual({ group: "collectors", name: "queue", required: false, status: "ok", detail: `from ${sample}` });
  });

  test("doctor reports that the kernel refuses its hook, or that it is of another version", async () => {
    const hook = join(sample, "hook.bpf.c");
    const source = readFileSync(hook, "utf8");
    try {
      writeFileSync(hook, source.replace("if (!section)", "if (section)"));
      await compileSample(sample, headers);
      expect(await diagnosis()).toMatchObject({ status: "missing", detail: expect.stringMatching(/^Cannot load BPF object/) });
      writeFileSync(hook, source);
      await compileSample(sample, otherHeaders(join(place.directory, "include")));
      expect(await diagnosis()).toMatchObject({
        status: "missing",
        detail: expect.stringContaining("its headers were changed"),
      });
    } finally {
      writeFileSync(hook, source);
      await compileSample(sample, headers);
    }
  });
});
