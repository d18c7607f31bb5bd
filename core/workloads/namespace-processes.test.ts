import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NamespaceProcesses } from "./namespace-processes.ts";

const ms = 1_000_000n;

/** A directory like /proc, and a clock that moves by a millisecond each time it is read. */
function bench(except?: number) {
  const proc = mkdtempSync(join(tmpdir(), "retis-proc-"));
  const state = { now: 0n };
  const put = (pid: number, inode: number) => {
    rmSync(join(proc, String(pid)), { recursive: true, force: true });
    mkdirSync(join(proc, String(pid), "ns"), { recursive: true });
    symlinkSync(`net:[${inode}]`, join(proc, String(pid), "ns/net"));
  };
  const now = () => (state.now += ms);
  const processes = new NamespaceProcesses({ proc, now, worked: now, except });
  return { put, state, processes, [Symbol.dispose]: () => rmSync(proc, { recursive: true }) };
}

test("processes of namespaces, but for those of one", () => {
  using it = bench(1);
  it.put(5, 1);
  for (const pid of [30, 10, 20]) it.put(pid, 77);
  expect(it.processes.in(77)).toEqual([]);
  expect(it.processes.readOn(1000n * ms)).toBe(true);
  expect(it.processes.in(77)).toEqual([10, 20, 30]);
  expect(it.processes.in(1)).toEqual([]);
});

test("a process that is in another namespace since is not given", () => {
  using it = bench();
  it.put(10, 77);
  it.processes.readOn(1000n * ms);
  it.put(10, 78);
  expect(it.processes.in(77)).toEqual([]);
  expect(it.processes.isIn(10, 78)).toBe(true);
});

test("of many processes the first are kept", () => {
  using it = bench();
  for (let pid = 1; pid <= 40; pid++) it.put(pid, 77);
  it.processes.readOn(1000n * ms);
  expect(it.processes.in(77)).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
});

test("a reading goes on where it stopped, the newest processes first, and the next one waits", () => {
  using it = bench();
  for (let pid = 1; pid <= 100; pid++) it.put(pid, pid);
  it.processes.readOn(1n);
  expect([it.processes.in(100), it.processes.in(1)]).toEqual([[100], []]);
  it.processes.readOn(1000n * ms);
  expect(it.processes.in(1)).toEqual([1]);
  expect(it.processes.readOn(1n)).toBe(false);
  it.state.now += 1000n * ms;
  expect(it.processes.readOn(1n)).toBe(true);
});

test("a directory that is not there", () => {
  const processes = new NamespaceProcesses({ proc: "/nonexistent", now: () => 0n, worked: () => 0n, except: undefined });
  expect(processes.readOn(1n)).toBe(true);
  expect(processes.in(1)).toEqual([]);
});
