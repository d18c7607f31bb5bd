import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileFunction } from "./generated-code.ts";

const module = JSON.stringify(join(import.meta.dir, "generated-code.ts"));
const program = `
  const { compileFunction, dumpCode } = await import(${module});
  console.log(compileFunction("sum", ["a", "b"], "return a + b;")(2, 3), compileFunction("sum", [], "return 7;")());
  dumpCode("../../filter", "bpf.o", Uint8Array.of(1, 2));`;

function run(directory: string): { readonly stdout: string; readonly stderr: string } {
  const child = Bun.spawnSync([process.execPath, "-e", program], { env: { ...process.env, RETIS_DUMP_CODE: directory } });
  return { stdout: child.stdout.toString(), stderr: child.stderr.toString() };
}

test("a function of generated source has a name in stack traces", () => {
  const fail = compileFunction<() => never>("failing/one", [], "throw new Error('no');");
  try {
    fail();
  } catch (error) {
    expect((error as Error).stack).toContain("generated:failing_one");
  }
  expect.assertions(1);
});

test("with RETIS_DUMP_CODE generated code is written, only into that directory", () => {
  const parent = mkdtempSync(join(tmpdir(), "retis-dump-"));
  try {
    const directory = join(parent, "new", "directory");
    expect(run(directory)).toEqual({ stdout: "5 7\n", stderr: "" });
    expect(readdirSync(directory).sort()).toEqual(["______filter.bpf.o", "sum-2.js", "sum.js"]);
    expect(readFileSync(join(directory, "sum.js"), "utf8")).toBe("function generated(a, b) {\nreturn a + b;\n}\n");
    expect(readdirSync(parent)).toEqual(["new"]);
  } finally {
    rmSync(parent, { recursive: true });
  }
});

test("a directory that cannot be written is reported once, and everything works", () => {
  const { stdout, stderr } = run("/proc/retis/dump");
  expect(stdout).toBe("5 7\n");
  expect(stderr).toMatch(/^warning: Cannot write generated code to RETIS_DUMP_CODE: .+\n$/);
});
