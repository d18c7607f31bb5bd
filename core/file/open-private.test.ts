import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  closeSync,
  lchownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
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

/** What a descriptor of this process is; the one that lists them is gone by then. */
function targetOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return "";
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

test.each([
  ["out/", "ENOENT"],
  ["missing/out", "ENOENT"],
  ["file/out", "ENOTDIR"],
  ["", "EISDIR"],
])("%p is the system's error %s", (name, code) => {
  writeFileSync(join(directory, "file"), "");
  path = `${directory}/${name}`;
  expect(write()).toBe(code);
  expect(readdirSync(directory)).toEqual(["file"]);
});

test("a path may be relative, and go up", () => {
  const before = process.cwd();
  mkdirSync(join(directory, "inner"));
  process.chdir(join(directory, "inner"));
  try {
    path = ".././inner//../out";
    expect(write()).toBe("written");
  } finally {
    process.chdir(before);
  }
  expect(readFileSync(join(directory, "out"), "utf8")).toBe("new");
});

test("no descriptor stays open but that of the file", () => {
  const open = () => readdirSync("/proc/self/fd").filter((fd) => targetOf(fd).startsWith(directory)).length;
  symlinkSync(directory, join(directory, "again"));
  path = join(directory, "again", "again", "out");
  expect([write(), open()]).toEqual(["written", 0]);
  path = join(directory, "again", "missing", "out");
  expect([write(), open()]).toEqual(["ENOENT", 0]);
});

describe.skipIf(process.getuid?.() !== 0)("on the way to the file (needs root to set up)", () => {
  const sudo = process.env["SUDO_UID"];
  afterEach(() => {
    if (sudo === undefined) delete process.env["SUDO_UID"];
    else process.env["SUDO_UID"] = sudo;
  });

  function prepare({ mode, link, owner = stranger }: { mode: number; link: boolean; owner?: number }): void {
    const target = join(directory, "target");
    mkdirSync(target);
    if (link) symlinkSync("target", join(directory, "way"));
    else mkdirSync(join(directory, "way"));
    lchownSync(join(directory, "way"), owner, owner);
    chmodSync(directory, mode);
    path = join(directory, "way", "out");
  }

  test.each([0o1777, 0o777])("a directory or link that another user made where everybody can is refused: mode %o", (mode) => {
    prepare({ mode, link: false });
    expect(write()).toBe("UNSAFE_OUTPUT");
    chownSync(join(directory, "way"), 0, 0);
    expect(write()).toBe("written");
    rmSync(join(directory, "target"), { recursive: true });
    rmSync(join(directory, "way"), { recursive: true });
    prepare({ mode, link: true });
    expect(write()).toBe("UNSAFE_OUTPUT");
    expect(readdirSync(join(directory, "target"))).toEqual([]);
  });

  test("a link of another user is refused wherever it is, also one that a link of root leads over", () => {
    prepare({ mode: 0o755, link: true });
    expect(write()).toBe("UNSAFE_OUTPUT");
    symlinkSync("way/out", join(directory, "out"));
    path = join(directory, "out");
    expect(write()).toBe("UNSAFE_OUTPUT");
    expect(readdirSync(join(directory, "target"))).toEqual([]);
  });

  test("a directory of another user is fine where nobody else could have put it", () => {
    prepare({ mode: 0o755, link: false });
    expect(write()).toBe("written");
    expect(write()).toBe("written");
  });

  test("there, a file of root with several names is refused", () => {
    prepare({ mode: 0o755, link: false });
    writeFileSync(join(directory, "other"), "content");
    linkSync(join(directory, "other"), path);
    expect(write()).toBe("UNSAFE_OUTPUT");
    expect(readFileSync(path, "utf8")).toBe("content");
  });

  test.each([true, false])("what belongs to who called sudo is as root's: link %p", (link) => {
    process.env["SUDO_UID"] = String(stranger);
    prepare({ mode: 0o1777, link });
    expect(write()).toBe("written");
  });

  test("what is checked is what is opened, while another process exchanges a directory for a link", () => {
    prepare({ mode: 0o755, link: false });
    symlinkSync("target", join(directory, "link"));
    lchownSync(join(directory, "link"), stranger, stranger);
    const exchange =
      "import os,sys\nos.chdir(sys.argv[1])\nwhile True:\n  os.rename('way','d'); os.rename('link','way'); os.rename('way','link'); os.rename('d','way')";
    const child = Bun.spawn(["python3", "-c", exchange, directory], { stdout: "ignore", stderr: "ignore" });
    const seen = new Set<string>();
    try {
      const end = performance.now() + 20_000;
      for (let tries = 0; tries < 500 || (seen.size < 3 && performance.now() < end); tries++) seen.add(write());
    } finally {
      child.kill("SIGKILL");
    }
    expect([...seen]).toContain("written");
    expect([...seen]).toContain("UNSAFE_OUTPUT");
    expect(readdirSync(join(directory, "target"))).toEqual([]);
  });
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
    expect(write()).toBe("written");
  });
});
