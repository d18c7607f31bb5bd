import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assertTrustedDirectory, readTrustedFile } from "./trusted-directory.ts";

const caller = process.getuid!();
const isRoot = caller === 0;
const stranger = 65534;

let base = "";
let directory = "";
const made: string[] = [];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "retis-safe-"));
  made.push(base);
  directory = join(base, "sample");
  mkdirSync(directory, { mode: 0o755 });
  writeFileSync(join(directory, "collector.ts"), "", { mode: 0o644 });
});

afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

function check(): string {
  try {
    assertTrustedDirectory(directory, caller);
    return "safe";
  } catch (error) {
    return (error as Error).message;
  }
}

test("a directory of the caller below a sticky directory is safe", () => {
  expect(check()).toBe("safe");
});

test("a directory that its group can write to is not", () => {
  chmodSync(directory, 0o775);
  expect(check()).toBe(`Cannot load collector ${directory}: ${directory} is writable by others`);
});

test("a file that others can write to is not", () => {
  chmodSync(join(directory, "collector.ts"), 0o646);
  expect(check()).toContain("collector.ts is writable by others");
});

test("a file deep inside counts too", () => {
  mkdirSync(join(directory, "hooks"));
  writeFileSync(join(directory, "hooks/a.bpf.o"), "");
  chmodSync(join(directory, "hooks/a.bpf.o"), 0o666);
  expect(check()).toContain("a.bpf.o is writable by others");
});

test("a directory above it that others can write to is not, unless it is sticky", () => {
  chmodSync(base, 0o777);
  expect(check()).toBe(`Cannot load collector ${directory}: ${base} is writable by others`);
  chmodSync(base, 0o1777);
  expect(check()).toBe("safe");
});

test("the directory itself is not saved by being sticky", () => {
  chmodSync(directory, 0o1777);
  expect(check()).toContain("is writable by others");
});

test("a link is refused, wherever it leads", () => {
  writeFileSync(join(base, "shared.ts"), "");
  for (const target of [join(base, "shared.ts"), join(directory, "collector.ts"), base, join(base, "missing")]) {
    symlinkSync(target, join(directory, "link"));
    expect(check()).toContain("/sample/link is a symbolic link");
    rmSync(join(directory, "link"));
  }
});

test.skipIf(!isRoot)("a directory, file or parent of another user is not (needs root to set up)", () => {
  chownSync(join(directory, "collector.ts"), stranger, stranger);
  expect(check()).toContain(`collector.ts belongs to uid ${stranger}, not to root or the caller`);
  chownSync(join(directory, "collector.ts"), caller, caller);
  chownSync(base, stranger, stranger);
  expect(check()).toContain(`${base} belongs to uid ${stranger}`);
});

test.skipIf(!isRoot)("what belongs to the caller is safe, and to root as well (needs root to set up)", () => {
  chownSync(base, stranger, stranger);
  chownSync(directory, stranger, stranger);
  expect(() => assertTrustedDirectory(directory, stranger)).not.toThrow();
});

describe.skipIf(!isRoot)("a file that is read with privileges (needs root to set up)", () => {
  const refusal = (path: string, reason: string, hint: string) => new Error(`${path}: ${reason}. ${hint}`);
  const read = () => readTrustedFile(join(directory, "collector.ts"), refusal, caller).toString();

  test("is that of root, in directories of root", () => {
    writeFileSync(join(directory, "collector.ts"), "content");
    expect(read()).toBe("content");
    symlinkSync(join(directory, "collector.ts"), join(base, "link"));
    expect(readTrustedFile(join(base, "link"), refusal, caller).toString()).toBe("content");
  });

  test("is refused when another user owns it or a directory above it, or can write to it", () => {
    chownSync(join(directory, "collector.ts"), stranger, stranger);
    expect(read).toThrow(`collector.ts belongs to uid ${stranger}`);
    chownSync(join(directory, "collector.ts"), caller, caller);
    chmodSync(join(directory, "collector.ts"), 0o666);
    expect(read).toThrow("collector.ts is writable by others");
    chmodSync(join(directory, "collector.ts"), 0o644);
    chownSync(base, stranger, stranger);
    expect(read).toThrow(`${base} belongs to uid ${stranger}`);
  });

  test("counts as what its links lead to", () => {
    const foreign = join(base, "foreign");
    mkdirSync(foreign);
    chownSync(foreign, stranger, stranger);
    writeFileSync(join(foreign, "mine"), "content");
    symlinkSync(join(foreign, "mine"), join(directory, "link"));
    expect(() => readTrustedFile(join(directory, "link"), refusal, caller)).toThrow(`${foreign} belongs to uid ${stranger}`);
  });

  test("may be a pipe, which is in no directory", () => {
    const { stdout } = Bun.spawnSync([
      "/bin/bash",
      "-c",
      `exec "$0" -e "$1" <(echo content)`,
      process.execPath,
      `
      import { readTrustedFile } from ${JSON.stringify(join(import.meta.dir, "trusted-directory.ts"))};
      process.stdout.write(readTrustedFile(process.argv.at(-1), (path, reason) => new Error(reason)));`,
    ]);
    expect(stdout.toString()).toBe("content\n");
  });
});
