/** Requests among real processes; no privileges are needed for our own. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileProgram } from "../../test/support/compile-c.ts";
import { isNamed } from "./processes.ts";
import { type Findings, TargetFinder } from "./target-finder.ts";
import type { UserRequest } from "./user-request.ts";

const source = join(import.meta.dir, "../../test/support/probed-program.c");
const hasHeader = ["/usr/include", "/usr/include/x86_64-linux-gnu", "/usr/include/aarch64-linux-gnu"].some((dir) =>
  existsSync(join(dir, "sys/sdt.h")),
);
/** Longer than what the kernel keeps of a process's name. */
const name = `retis-probed-${process.pid}-long`;
let directory = "";
let program = "";
const running: Bun.Subprocess[] = [];

async function start(path = program): Promise<number> {
  const child = Bun.spawn([path, "1000"], { stdout: "pipe" });
  running.push(child);
  // Its first output: by then the dynamic linker is done.
  await child.stdout.getReader().read();
  return child.pid;
}

async function stop(pid: number): Promise<void> {
  const child = running.find((one) => one.pid === pid);
  child?.kill("SIGKILL");
  await child?.exited;
}

function look(finder: TargetFinder): { readonly found: readonly string[]; readonly ended: Findings["ended"] } {
  const { found, ended } = finder.scan();
  for (const { file } of found) file.close();
  return {
    found: found.map(({ path, pid, targets }) => `${path} ${pid ?? "all"} ${targets.map(({ symbol }) => symbol).join(" ")}`),
    ended,
  };
}

const request = (program: string, target = "retis_test:counted", type: UserRequest["type"] = "usdt"): UserRequest => ({
  type,
  program,
  target,
});

describe.skipIf(!hasHeader)("target finder", () => {
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "retis-targets-"));
    program = join(directory, name);
    compileProgram(source, program, ["-Wl,--build-id=none"]);
  });
  afterEach(async () => {
    for (const { pid } of running) await stop(pid);
    running.length = 0;
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test("a path is one file for all processes, found once", () => {
    const wanted = request(program, "retis_test:t*");
    const finder = new TargetFinder([wanted]);
    expect(look(finder).found).toHaveLength(1);
    expect(look(finder).found).toEqual([]);
    expect(finder.problemOf(wanted)).toBeUndefined();
  });

  test("a name is its program for all processes, however many there are", async () => {
    const wanted = request(name);
    const finder = new TargetFinder([wanted]);
    expect(look(finder).found).toEqual([]);
    expect(finder.problemOf(wanted)).toBe(`no running process is called ${name}`);
    await start();
    await start();
    expect(look(finder).found).toEqual([`${program} all retis_test:counted`]);
    expect(look(finder).found).toEqual([]);
  });

  test("a library is that of each process of the name", async () => {
    const finder = new TargetFinder([request(name, "usleep", "uprobe")]);
    const first = await start();
    expect(look(finder).found).toEqual([expect.stringMatching(new RegExp(`libc.* ${first} usleep$`))]);
    const second = await start();
    expect(look(finder).found).toEqual([expect.stringMatching(new RegExp(`libc.* ${second} usleep$`))]);
    await stop(first);
    expect(look(finder)).toEqual({ found: [], ended: [first] });
  });

  test("a process is that one only, and ends", async () => {
    const pid = await start();
    await start();
    const wanted = request(String(pid));
    const finder = new TargetFinder([wanted]);
    expect(look(finder).found).toEqual([`${program} ${pid} retis_test:counted`]);
    await stop(pid);
    expect(look(finder)).toEqual({ found: [], ended: [pid] });
    expect(finder.problemOf(wanted)).toBe(`no process ${pid}`);
  });

  test("any program that has the probe", async () => {
    const other = join(directory, "another");
    copyFileSync(program, other);
    await start();
    await start(other);
    const finder = new TargetFinder([request("*")]);
    // Scenarios that run meanwhile have programs with this probe, too.
    const own = look(finder).found.filter((found) => found.startsWith(directory));
    expect(own.sort()).toEqual([other, program].map((path) => `${path} all retis_test:counted`).sort());
  });

  test("reasons", () => {
    const reasonOf = (wanted: UserRequest) => {
      const finder = new TargetFinder([wanted]);
      look(finder);
      return finder.problemOf(wanted);
    };
    expect(reasonOf(request(program, "retis_test:other"))).toBe(`${program} has no static probe retis_test:other`);
    expect(reasonOf(request(program, "other", "uprobe"))).toBe(`${program} has no function other`);
    expect(reasonOf(request("/etc/passwd"))).toBe("/etc/passwd cannot be probed: it is not an ELF file");
    expect(reasonOf(request(directory))).toBe(`${directory} cannot be opened: it is not a regular file`);
    expect(reasonOf(request("*", "no_such:probe"))).toBe("no running program has such a probe");
  });
});

test("names are those that ps shows, or of the program's file", () => {
  const python = { pid: 1, name: "myscript.py", program: "/usr/bin/python3.11", link: "", identity: "" };
  expect(["myscript.py", "python3.11", "python3", "python"].map((name) => isNamed(python, name))).toEqual([true, true, false, false]);
  const long = { ...python, name: "a-very-long-nam" };
  expect(isNamed(long, "a-very-long-name-indeed")).toBe(true);
});
