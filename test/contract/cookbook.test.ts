/**
 * docs/collector-cookbook.md shows the collectors of test/plugins as they are; they are short, pass a strict type check with the
 * public types alone, and `retis collector test` finds no fault in them.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeCollectorTemplate } from "../../core/command/collector/template.ts";
import { mustRun, runCommand } from "../support/command.ts";
import { cannotCompile } from "../support/compile-c.ts";

setDefaultTimeout(120_000);

const repository = join(import.meta.dir, "../..");
const plugins = join(repository, "test/plugins");
const names = readdirSync(plugins).sort();
const files = names.flatMap((name) =>
  ["collector.ts", "hook.bpf.c"].filter((file) => existsSync(join(plugins, name, file))).map((file) => `${name}/${file}`),
);
let directory = "";

beforeAll(() => {
  directory = join(mkdtempSync(join(tmpdir(), "retis-cookbook-")), "checked");
  writeCollectorTemplate("checked", directory);
});
afterAll(() => rmSync(join(directory, ".."), { recursive: true, force: true }));

const read = (file: string) => readFileSync(join(plugins, file), "utf8");

test("the page has each file as it is, and no other", () => {
  const page = readFileSync(join(repository, "docs/collector-cookbook.md"), "utf8");
  const shown = [...page.matchAll(/^`(\S+)`:\n\n```(?:ts|c)\n(.*?)^```$/gms)].map(([, file = "", text = ""]) => [file, text] as const);
  expect(shown.map(([file]) => file).sort()).toEqual([...files].sort());
  for (const [file, text] of shown) expect(text).toBe(read(file));
});

test.each(names)("%s has less than 80 lines in all", (name) => {
  const own = files.filter((file) => file.startsWith(`${name}/`));
  expect(own.reduce((lines, file) => lines + read(file).trimEnd().split("\n").length, 0)).toBeLessThan(80);
});

test("they pass a strict type check with what retis collector new writes", async () => {
  for (const name of names) cpSync(join(plugins, name, "collector.ts"), join(directory, `${name}.ts`));
  const { stdout } = await runCommand([join(repository, "node_modules/.bin/tsc"), "-p", "."], { cwd: directory });
  expect(stdout).toBe("");
});

test.skipIf(cannotCompile !== undefined).each(names)(
  `%s passes retis collector test${cannotCompile ? ` (${cannotCompile})` : ""}`,
  async (name) => {
    const own = join(directory, "..", name);
    writeCollectorTemplate(name, own);
    for (const file of ["section.ts", "hook.bpf.c", "test"]) rmSync(join(own, file), { recursive: true });
    cpSync(join(plugins, name), own, { recursive: true });
    if (existsSync(join(own, "hook.bpf.c"))) await mustRun(["make", "-s", "-C", own]);
    const { status, stdout } = await runCommand([process.execPath, join(repository, "core/main.ts"), "collector", "test", own]);
    expect({ status, failed: stdout.split("\n").filter((line) => line.startsWith("FAIL")) }).toEqual({ status: 0, failed: [] });
  },
);
