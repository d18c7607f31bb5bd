/** `retis collector test`: what it finds in a collector, one fault at a time, and saved records that are decoded again. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeCollectorTemplate } from "../../core/command/collector/template.ts";
import { buildRecord, builtHeader } from "../../core/event/testdata/record-builder.ts";
import { readHookDeclarations } from "../../core/probe/hook-declarations.ts";
import { RecordsWriter } from "../../core/records/records-writer.ts";
import { mustRun, runCommand } from "../support/command.ts";

setDefaultTimeout(60_000);

const repository = join(import.meta.dir, "../..");
const clang = [19, 20, 18, 17, 16, 15, 14].map((version) => Bun.which(`clang-${version}`)).find(Boolean) ?? Bun.which("clang");

describe.skipIf(!clang)(`retis collector test${clang ? "" : " (needs clang)"}`, () => {
  const base = mkdtempSync(join(tmpdir(), "retis-collector-test-"));
  const sound = join(base, "sound");
  let made = 0;

  beforeAll(async () => {
    writeCollectorTemplate("length", sound);
    rmSync(join(sound, "test/traffic.ts")); // test/kernel/plugin.ts runs scenarios
    await mustRun(["make", "--silent", "-C", sound]);
    mkdirSync(join(base, "typed"));
    symlinkSync(join(repository, "node_modules"), join(base, "typed/node_modules"));
  });
  afterAll(() => rmSync(base, { recursive: true }));

  /** A copy with a change in one file. */
  function changed(file: string, from: string | RegExp, to: string, parent = base): string {
    const directory = join(parent, `copy-${made++}`);
    cpSync(sound, directory, { recursive: true });
    const text = readFileSync(join(directory, file), "utf8");
    const now = text.replace(from, to);
    expect(now).not.toBe(text);
    writeFileSync(join(directory, file), now);
    return directory;
  }

  const run = (...args: readonly string[]) =>
    runCommand([process.execPath, join(repository, "core/main.ts"), "collector", "test", ...args], { cwd: base, env: { HOME: base } });

  test("a new collector has no fault", async () => {
    const { status, stdout, stderr } = await run("sound");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^ok {4}golden {4}test\/packets\.golden, 2 events$/m);
    expect(stdout).toMatch(/^ok {4}format {4}section length, 500 made-up values$/m);
    expect(stdout).toMatch(/^ok {4}schema {4}length: struct length_section, 4 bytes$/m);
    expect(stdout).toMatch(/^\d passed, 0 failed, [1-3] skipped$/m);
  });

  const texts = /text: `length \$\{length\}`/;
  test.each([
    ["schema", "section.ts", "length: U32({", "size: U32({", /property "size".*struct length_section/],
    ["format", "section.ts", texts, "text: length", /not a piece of text/],
    [
      "format",
      "section.ts",
      texts,
      `text: \`length \${(length as any).no}\``,
      /its text says "undefined": length undefined, of section length, for \{"length":\d+\}/,
    ],
    ["format", "section.ts", "=> [{ at: Line.other,", "=> [{ at: (Line as any).nowhere,", /not a piece of text/],
    [
      "format",
      "section.ts",
      "format: ({ length }) =>",
      "format: (data) => { (data as any).length = 1; return []; }, other: (length: number) =>",
      /readonly/,
    ],
    [
      "objects",
      "collector.ts",
      "constants: { min_length }",
      "constants: { shortest: min_length }",
      /RETIS_CONST\(length, …, shortest, …\)/,
    ],
    ["objects", "collector.ts", '"hook.bpf.o"', '"other.bpf.o"', /compile it first/],
    [
      "options",
      "collector.ts",
      "constants: { min_length }",
      "constants: { min_length: 5 / (65535 - min_length) }",
      /with \{"min_length":65535\}|plan\.constants/,
    ],
    ["check", "collector.ts", "return { ok: true }", "return { ok: 1 } as any", /neither \{ ok: true \} nor/],
    ["golden", "test/packets.json", "84", "85", /test\/packets\.golden differs/],
    ["golden", "test/packets.json", "84", "-1", /event 0: length\.length takes unsigned integers of 32 bits/],
    ["golden", "test/packets.json", '"length": 84', '"width": 84', /event 0: length has no member width/],
    ["golden", "test/packets.json", "[{", "{", /test\/packets\.json: /],
  ])("a fault that %s finds: %s %s", async (check, file, from, to, message) => {
    const { status, stdout } = await run(changed(file, from, to));
    expect(status).toBe(1);
    const faults = stdout.split(/^(?=\S)/m).filter((line) => line.startsWith("FAIL"));
    expect(faults.some((fault) => fault.startsWith(`FAIL  ${check}`) && message.test(fault))).toBe(true);
  });

  test("--update accepts what comes", async () => {
    const directory = changed("test/packets.json", "84", "85");
    expect(await run(directory, "--update")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("test/packets.golden written, 2 events"),
    });
    expect(readFileSync(join(directory, "test/packets.golden"), "utf8")).toBe(
      '{"length":{"length":85}}\n  length 85\n\n{"length":{"length":0}}\n  length 0\n\n',
    );
    expect((await run(directory)).status).toBe(0);
  });

  test("types are checked where there is a compiler", async () => {
    const parent = join(base, "typed");
    const right = await run(changed("README.md", "Build it", "Build this", parent));
    expect(right).toMatchObject({ status: 0, stdout: expect.stringMatching(/^ok {4}types {5}no errors/m) });
    const wrong = await run(changed("section.ts", `text: \`length \${length}\``, `text: \`length \${length.toUpperCase()}\``, parent));
    expect(wrong).toMatchObject({ status: 1, stdout: expect.stringMatching(/^FAIL {2}types[\s\S]*section\.ts.*TS2339/m) });
  });

  test("saved records are decoded by the present code", async () => {
    const layout = readHookDeclarations(join(sound, "hook.bpf.o")).sections.get("length__section_main")!;
    const writer = new RecordsWriter(join(base, "two.records"), {
      format: "retis-records",
      version: 1,
      retis_version: "v1",
      cmdline: "retis collect",
      clock_monotonic_offset: { sec: 1, nsec: 0 },
      machine: { kernel_release: "6.12", kernel_version: "#1", hardware_name: "x86_64" },
      section_header: { bytes: builtHeader.bytes, size_offset: builtHeader.sizeOffset, owner_offset: builtHeader.ownerOffset },
      collectors: [{ name: "length", options: { min_length: 0 } }],
      sections: [{ owner: 4, collector: "length", key: "length", layout }],
    });
    for (const length of [60, 1500]) writer.record(buildRecord([{ owner: 4, payload: new Uint8Array(Uint32Array.of(length).buffer) }]));
    writer.close();
    const replay = ["--replay", join(base, "two.records")];
    expect(await run("sound", ...replay, "--format", "json")).toMatchObject({
      status: 0,
      stdout: '{"length":{"length":60}}\n{"length":{"length":1500}}\n',
    });
    const words = changed("section.ts", texts, `text: \`\${length} bytes long\``);
    expect(await run(words, ...replay)).toMatchObject({ status: 0, stdout: expect.stringContaining("  60 bytes long\n") });

    const golden = changed("README.md", "Build it", "Build this");
    cpSync(join(base, "two.records"), join(golden, "test/two.records"));
    expect((await run(golden)).stdout).toContain("test/two.golden is not there; --update writes it");
    expect((await run(golden, "--update")).status).toBe(0);
    expect((await run(golden)).status).toBe(0);

    writeFileSync(join(base, "cut.records"), readFileSync(join(base, "two.records")).subarray(0, -3));
    const cut = await run("sound", "--replay", join(base, "cut.records"), "--format", "json");
    expect(cut).toMatchObject({ status: 1, stdout: '{"length":{"length":60}}\n', stderr: expect.stringContaining("is damaged at byte") });
    const none = await run("sound", "--replay", join(sound, "README.md"));
    expect(none).toMatchObject({ status: 1, stdout: "", stderr: expect.stringContaining("[NOT_RECORDS]") });
  });
});
