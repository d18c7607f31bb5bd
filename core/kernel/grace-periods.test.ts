import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withExpeditedGracePeriods } from "./grace-periods.ts";

let folder: string;
const setting = () => join(folder, "kernel/rcu_expedited");

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "retis-sys-"));
  mkdirSync(join(folder, "kernel"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The value during the call and after it. */
function valuesFor(before: string): readonly string[] {
  writeFileSync(setting(), before);
  const values: string[] = [];
  withExpeditedGracePeriods(() => values.push(readFileSync(setting(), "utf8")), folder);
  return [...values, readFileSync(setting(), "utf8")];
}

test("grace periods are expedited during the call only", () => {
  const listeners = process.listenerCount("exit");
  expect(valuesFor("0\n")).toEqual(["1", "0"]);
  expect(process.listenerCount("exit")).toBe(listeners);
});

test("a setting of somebody else is left alone", () => {
  expect(valuesFor("1\n")).toEqual(["1\n", "1\n"]);
});

test("the call is made where the kernel has no such setting, and after a failure it is put back", () => {
  let calls = 0;
  withExpeditedGracePeriods(() => calls++, folder);
  expect(calls).toBe(1);
  writeFileSync(setting(), "0");
  const fail = (): never => {
    throw new Error("no");
  };
  expect(() => withExpeditedGracePeriods(fail, folder)).toThrow("no");
  expect(readFileSync(setting(), "utf8")).toBe("0");
});
