import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  closeSync,
  lchownSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPrivate } from "./open-private.ts";

const stranger = 65534;
const made: string[] = [];
let directory = "";
let path = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "retis-private-"));
  made.push(directory);
  path = join(directory, "out");
});
afterAll(() => {
  for (const each of made) rmSync(each, { recursive: true, force: true });
});

/** Writes to what was opened, or gives the code of the error. */
function write(): string {
  try {
    const descriptor = openPrivate(path);
    writeSync(descriptor, "new");
    closeSync(descriptor);
    return "written";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test("only the owner can read what is made, whatever the umask allows", () => {
  const before = process.umask(0);
  try {
    expect(write()).toBe("written");
    expect(statSync(path).mode & 0o777).toBe(0o600);
  } finally {
    process.umask(before);
  }
});

test("what is there keeps its mode and its content", () => {
  writeFileSync(path, "older", { mode: 0o644 });
  expect(write()).toBe("written");
  expect(readFileSync(path, "utf8")).toBe("newer");
  expect(statSync(path).mode & 0o777).toBe(0o644);
});

test("links of the user are followed, also to what is not there yet", () => {
  chmodSync(directory, 0o1777);
  symlinkSync("second", path);
  symlinkSync(join(directory, "target"), join(directory, "second"));
  expect(write()).toBe("written");
  expect(statSync(join(directory, "target")).mode & 0o777).toBe(0o600);
});

test("a link to itself is an error", () => {
  symlinkSync("out", path);
  expect(write()).toBe("ELOOP");
});

test.each(["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])("%s is what is open, a pipe too", (name) => {
  const program = `import { writeSync } from "node:fs"; import { openPrivate } from ${JSON.stringify(join(import.meta.dir, "open-private.ts"))};
    writeSync(openPrivate("${name}"), "through");`;
  const pipeline = ["/bin/sh", "-c", '"$0" -e "$1" | cat', process.execPath, program];
  expect(Bun.spawnSync(pipeline).stdout.toString()).toBe("through");
});

describe.skipIf(process.getuid?.() !== 0)("where everybody can make files (needs root to set up)", () => {
  test.each([0o1777, 0o777, 0o1770])("a link or file of another user is refused: mode %o", (mode) => {
    const target = join(directory, "target");
    writeFileSync(target, "content");
    symlinkSync(target, path);
    lchownSync(path, stranger, stranger);
    chmodSync(directory, mode);
    expect(write()).toBe("UNSAFE_OUTPUT");
    expect(readFileSync(target, "utf8")).toBe("content");
    rmSync(path);
    writeFileSync(path, "theirs");
    chownSync(path, stranger, stranger);
    // The kernel itself refuses it with fs.protected_regular.
    expect(["UNSAFE_OUTPUT", "EACCES"]).toContain(write());
    expect(readFileSync(path, "utf8")).toBe("theirs");
  });

  test("so is one that a link of the user leads to", () => {
    symlinkSync(join(directory, "second"), path);
    symlinkSync(join(directory, "target"), join(directory, "second"));
    lchownSync(join(directory, "second"), stranger, stranger);
    chmodSync(directory, 0o1777);
    expect(write()).toBe("UNSAFE_OUTPUT");
  });

  test("elsewhere root may write to files of others", () => {
    writeFileSync(path, "older");
    chownSync(path, stranger, stranger);
    chownSync(directory, stranger, stranger);
    expect(write()).toBe("written");
  });
});
