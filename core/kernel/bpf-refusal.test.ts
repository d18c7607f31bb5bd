import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bpfRefusal } from "./bpf-refusal.ts";

const base = mkdtempSync(join(tmpdir(), "retis-refusal-"));
afterAll(() => rmSync(base, { recursive: true }));

function proc(name: string, status: string | undefined): string {
  const directory = join(base, name);
  mkdirSync(join(directory, "self"), { recursive: true });
  if (status !== undefined) writeFileSync(join(directory, "self/status"), status);
  return directory;
}

const filtered = proc("filtered", "CapEff:\t0\nSeccomp:\t2\nSeccomp_filters:\t1\n");
const free = proc("free", "Seccomp:\t0\n");
const unknown = proc("unknown", undefined);

test.each([
  ["EINVAL", filtered, undefined],
  ["E2BIG", free, undefined],
  ["EPERM", filtered, "a seccomp filter refuses bpf(2) (EPERM)"],
  ["ENOSYS", filtered, "a seccomp filter refuses bpf(2) (ENOSYS)"],
  ["ENOSYS", free, "the kernel has no bpf(2)"],
  ["EACCES", free, "a security module of the kernel refuses bpf(2) (EACCES)"],
  ["EPERM", unknown, "a security module of the kernel refuses bpf(2) (EPERM)"],
])("%s", (errno, directory, reason) => {
  expect(bpfRefusal(errno, directory)?.reason).toBe(reason);
});
