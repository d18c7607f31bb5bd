import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withExpeditedGracePeriods } from "./grace-periods.ts";

let directory: string;
const setting = () => join(directory, "kernel/rcu_expedited");

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "retis-sys-"));
  mkdirSync(join(directory, "kernel"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** The value during the call and after it. */
function valuesFor(before: string): readonly string[] {
  writeFileSync(setting(), before);
  const values: string[] = [];
  withExpeditedGracePeriods(() => values.push(readFileSync(setting(), "utf8")), directory);
  return [...values, readFileSync(setting(), "utf8")];
}

test("grace periods are expedited during the call only", () => {
  const listeners = process.listenerCount("exit");
  expect(valuesFor("0\n")).toEqual(["1", "0"]);
  expect(process.listenerCount("exit")).toBe(listeners);
});

test("a setting of another program is left alone", () => {
  expect(valuesFor("1\n")).toEqual(["1\n", "1\n"]);
});

test("the call is made where the kernel has no such setting, and after a failure it is put back", () => {
  let calls = 0;
  withExpeditedGracePeriods(() => calls++, directory);
  expect(calls).toBe(1);
  writeFileSync(setting(), "0");
  const fail = (): never => {
    throw new Error("no");
  };
  expect(() => withExpeditedGracePeriods(fail, directory)).toThrow("no");
  expect(readFileSync(setting(), "utf8")).toBe("0");
});
