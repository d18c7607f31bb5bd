import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addEntry } from "./add-entry.ts";
import { compileEntry } from "./compile-entry.ts";

const directory = mkdtempSync(join(tmpdir(), "retis-entry-test-"));
const program = join(directory, "env");
const target = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
// Position-independent, unlike Bun; that the executable works is tried in test/kernel.
writeFileSync(program, addEntry(readFileSync("/usr/bin/env"), await compileEntry(target)));
chmodSync(program, 0o755);
afterAll(() => rmSync(directory, { recursive: true }));

const dangerous = { BUN_OPTIONS: "--preload x", BUN_BE_BUN: "1", BUN_INSPECT: "1", BUN_: "1" };
const harmless = { PATH: "/bin", BUNDLE: "1", XBUN_OPTIONS: "1", EMPTY: "" };
const ofEngine = { BUN_JSC_useDFGJIT: "0", NODE_PATH: "/x", RETIS_DUMP_CODE: "/x", PAGER: "more" };

/** The variables that the program finds in its environment. */
function seen(environment: Readonly<Record<string, string>>): ReadonlySet<string> {
  const { stdout, exitCode } = Bun.spawnSync([program], { env: environment });
  expect(exitCode).toBe(0);
  return new Set(stdout.toString().trim().split("\n"));
}

function lines(environment: Readonly<Record<string, string>>): ReadonlySet<string> {
  return new Set(Object.entries(environment).map(([name, value]) => `${name}=${value}`));
}

describe("the entry code", () => {
  test("takes the variables of Bun away", () => {
    expect(seen({ ...dangerous, ...harmless, ...ofEngine })).toEqual(lines({ ...harmless, ...ofEngine }));
    expect(seen({ ...harmless, ...dangerous })).toEqual(lines(harmless));
    expect(seen(harmless)).toEqual(lines(harmless));
  });

  test("leaves nothing of them where there are no others", () => {
    expect(seen(dangerous)).toEqual(lines({ RETIS_NO_VARIABLE: "" }));
    expect(seen({})).toEqual(new Set([""]));
  });

  test.each([{ SUDO_UID: "1000" }, { DOAS_USER: "a" }, { PKEXEC_UID: "1000" }])("takes more away from another caller: %p", (caller) => {
    expect(seen({ ...ofEngine, ...caller, ...harmless })).toEqual(lines({ ...caller, ...harmless }));
  });

  test("knows root that calls sudo", () => {
    expect(seen({ ...ofEngine, SUDO_UID: "0" })).toEqual(lines({ ...ofEngine, SUDO_UID: "0" }));
  });

  test("passes the arguments on", () => {
    expect(Bun.spawnSync([program, "-i", "A=1"], { env: dangerous }).stdout.toString()).toBe("A=1\n");
  });
});

test("an executable without a note is refused in words", () => {
  const bytes = new Uint8Array(readFileSync("/usr/bin/env"));
  const view = new DataView(bytes.buffer);
  view.setUint16(0x38, 0, true);
  expect(() => addEntry(bytes, new Uint8Array(16))).toThrow("has no note to replace");
});

test.each(["x86_64-linux-gnu", "aarch64-linux-gnu"])("compiles for %s", async (each) => {
  expect((await compileEntry(each)).length).toBeGreaterThan(500);
});
