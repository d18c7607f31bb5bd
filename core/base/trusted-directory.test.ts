import { afterAll, beforeEach, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assertSafeFolder } from "./trusted-directory.ts";

const caller = process.getuid!();
const isRoot = caller === 0;
const stranger = 65534;

let base = "";
let folder = "";
const made: string[] = [];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "retis-safe-"));
  made.push(base);
  folder = join(base, "sample");
  mkdirSync(folder, { mode: 0o755 });
  writeFileSync(join(folder, "collector.ts"), "", { mode: 0o644 });
});

afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

function check(): string {
  try {
    assertSafeFolder(folder, caller);
    return "safe";
  } catch (error) {
    return (error as Error).message;
  }
}

test("a folder of the caller below a sticky directory is safe", () => {
  expect(check()).toBe("safe");
});

test("a folder that its group can write to is not", () => {
  chmodSync(folder, 0o775);
  expect(check()).toBe(`Cannot load collector ${folder}: ${folder} is writable by others`);
});

test("a file that others can write to is not", () => {
  chmodSync(join(folder, "collector.ts"), 0o646);
  expect(check()).toContain("collector.ts is writable by others");
});

test("a file deep inside counts too", () => {
  mkdirSync(join(folder, "hooks"));
  writeFileSync(join(folder, "hooks/a.bpf.o"), "");
  chmodSync(join(folder, "hooks/a.bpf.o"), 0o666);
  expect(check()).toContain("a.bpf.o is writable by others");
});

test("a directory above it that others can write to is not, unless it is sticky", () => {
  chmodSync(base, 0o777);
  expect(check()).toBe(`Cannot load collector ${folder}: ${base} is writable by others`);
  chmodSync(base, 0o1777);
  expect(check()).toBe("safe");
});

test("the folder itself is not saved by being sticky", () => {
  chmodSync(folder, 0o1777);
  expect(check()).toContain("is writable by others");
});

test("a link counts as its target", () => {
  const target = join(base, "shared.ts");
  writeFileSync(target, "");
  symlinkSync(target, join(folder, "shared.ts"));
  expect(check()).toBe("safe");
  chmodSync(target, 0o666);
  expect(check()).toContain("shared.ts is writable by others");
});

test("a link that leads nowhere is refused in words", () => {
  symlinkSync(join(base, "missing"), join(folder, "gone.ts"));
  expect(check()).toContain("gone.ts is a dangling symbolic link");
});

test.skipIf(!isRoot)("a folder, file or parent of somebody else is not (needs root to set up)", () => {
  chownSync(join(folder, "collector.ts"), stranger, stranger);
  expect(check()).toContain(`collector.ts belongs to uid ${stranger}, not to root or the caller`);
  chownSync(join(folder, "collector.ts"), caller, caller);
  chownSync(base, stranger, stranger);
  expect(check()).toContain(`${base} belongs to uid ${stranger}`);
});

test.skipIf(!isRoot)("what belongs to the caller is safe, and to root as well (needs root to set up)", () => {
  chownSync(base, stranger, stranger);
  chownSync(folder, stranger, stranger);
  expect(() => assertSafeFolder(folder, stranger)).not.toThrow();
});
