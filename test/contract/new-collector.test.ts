/** `retis collector new`: what it writes builds and runs as it is, and nothing is ever overwritten. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeCollectorTemplate } from "../../core/command/collector/template.ts";
import { testModule } from "../../core/scenarios/test-module.ts";
import { mustRun, runCommand } from "../support/command.ts";
import { cannotTrace, makeWorkplace, markedPing, notCompiled, type Workplace } from "./compiled.ts";

setDefaultTimeout(60_000);

const repository = join(import.meta.dir, "../..");
let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "retis-new-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("the template", () => {
  test("carries every header of bpf/include/retis", () => {
    const written = join(directory, "headers");
    writeCollectorTemplate("headers", written);
    const original = join(repository, "bpf/include/retis");
    expect(readdirSync(join(written, "include/retis")).sort()).toEqual(readdirSync(original).sort());
    for (const name of readdirSync(original)) {
      expect(readFileSync(join(written, "include/retis", name), "utf8")).toBe(readFileSync(join(original, name), "utf8"));
    }
  });

  test("bears the new name everywhere, in the form of each language", () => {
    const written = join(directory, "of-two-words");
    const files = writeCollectorTemplate("of-two-words", written);
    for (const file of files.filter((each) => !each.startsWith("docs/")))
      expect(readFileSync(join(written, file), "utf8")).not.toMatch(/my_collector|myCollector|collector\/my-collector/);
    expect(readFileSync(join(written, "collector.ts"), "utf8")).toContain('name: "of-two-words"');
    expect(readFileSync(join(written, "section.ts"), "utf8")).toContain("export const ofTwoWordsSection");
    expect(readFileSync(join(written, "hook.bpf.c"), "utf8")).toContain("RETIS_HOOK(of_two_words, RETIS_ALL_FILTERS)");
  });

  test("declares what retis/test has", () => {
    const declarations = readFileSync(join(repository, "core/command/collector/template/retis-test.d.ts.template"), "utf8");
    const declared = [...declarations.matchAll(/export function (\w+)/g)].map(([, name = ""]) => name);
    expect(declared.sort()).toEqual(Object.keys(testModule).sort());
  });

  test("can be loaded by root whatever the umask", () => {
    const before = process.umask(0);
    const written = join(directory, "umask");
    const files = writeCollectorTemplate("umask", written);
    process.umask(before);
    for (const path of [".", "include/retis", ...files]) expect(statSync(join(written, path)).mode & 0o022).toBe(0);
  });

  test("overwrites nothing", () => {
    const taken = join(directory, "taken");
    mkdirSync(taken);
    writeFileSync(join(taken, "collector.ts"), "mine");
    expect(() => writeCollectorTemplate("taken", taken)).toThrow(": it exists already");
    expect(readdirSync(taken)).toEqual(["collector.ts"]);
    expect(readFileSync(join(taken, "collector.ts"), "utf8")).toBe("mine");
  });
});

describe.skipIf(notCompiled !== undefined)(`the command${notCompiled ? ` (${notCompiled})` : ""}`, () => {
  let place: Workplace;
  beforeAll(() => {
    place = makeWorkplace();
  });
  afterAll(() => place.remove());

  const run = (...args: readonly string[]) => runCommand([place.retis, ...args], { cwd: place.directory, env: { HOME: place.directory } });

  test.each([
    ["My-Collector", "not lower-case words joined by dashes"],
    ["../escape", "not lower-case words joined by dashes"],
    ["a".repeat(41), "longer than 40 characters"],
    ["skb-drop", "a collector of that name exists"],
    ["packet", "a section of that name exists"],
    ["kernel", "a section of that name exists"],
  ])("refuses the name %s", async (name, reason) => {
    const { status, stderr } = await run("collector", "new", name);
    expect(status).toBe(2);
    expect(stderr).toContain(`Invalid value "${name}" for <name>: ${reason}`);
    expect(existsSync(join(place.directory, name))).toBe(name === "..");
  });

  test("refuses a directory that exists, or whose parent does not", async () => {
    mkdirSync(join(place.directory, "there"));
    const existing = await run("collector", "new", "there");
    expect(existing).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("Cannot create a collector in there: it exists already"),
    });
    const orphan = await run("collector", "new", "orphan", "no/such/orphan");
    expect(orphan).toMatchObject({ status: 1, stderr: expect.stringContaining("Cannot create a collector in no/such/orphan: ENOENT") });
  });

  test.skipIf(cannotTrace !== undefined)(`new, make, collect${cannotTrace ? ` (${cannotTrace})` : ""}`, async () => {
    const { status, stdout } = await run("collector", "new", "packet-length");
    expect(status).toBe(0);
    const [make, check, collect] = stdout.split("\n").filter((line) => line.startsWith("  "));
    expect([make, check, collect]).toEqual([
      "  make -C ./packet-length",
      "  retis collector test ./packet-length",
      "  retis collect -c ./packet-length",
    ]);
    await mustRun(["sh", "-c", make!], { cwd: place.directory });

    // Other tests send packets on this host meanwhile.
    const ours = ["-m", "sk_buff.mark == 7", "--cmd", markedPing];
    const byPath = await run("collect", "-c", "./packet-length", ...ours);
    expect(byPath).toMatchObject({ status: 0, stdout: expect.stringMatching(/\n {2}length 84\n/) });
    const byName = await run(
      "collect",
      "--collector-dir",
      place.directory,
      "-c",
      "packet-length",
      "--packet-length-min-length",
      "85",
      ...ours,
    );
    expect(byName).toMatchObject({ status: 0, stdout: "" });
  });
});
