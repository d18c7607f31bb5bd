/** Programs as compilers make them, and what is wrong with files of others. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileProgram } from "../../test/support/compile-c.ts";
import { MemoryBytes } from "../base/byte-source.ts";
import { ElfFile } from "../base/elf-file.ts";
import { ProgramFile } from "./program-file.ts";
import { programSymbols } from "./program-symbols.ts";
import { sdtNotes } from "./sdt-notes.ts";
import { functionTargets, staticTargets } from "./user-target.ts";

const source = join(import.meta.dir, "../../test/support/probed-program.c");
const hasHeader = ["/usr/include", "/usr/include/x86_64-linux-gnu", "/usr/include/aarch64-linux-gnu"].some((dir) =>
  existsSync(join(dir, "sys/sdt.h")),
);
const kinds = { pie: ["-fPIE", "-pie"], fixed: ["-no-pie"], counted: ["-DCOUNTED"], stripped: ["-Wl,-s"] } as const;
let directory = "";
const pathOf = (kind: keyof typeof kinds) => join(directory, kind);
const elfOf = (kind: keyof typeof kinds) => new ElfFile(new MemoryBytes(readFileSync(pathOf(kind))));

function use<T>(kind: keyof typeof kinds, look: (file: ProgramFile) => T): T {
  const file = new ProgramFile(pathOf(kind));
  try {
    return look(file);
  } finally {
    file.close();
  }
}

describe.skipIf(!hasHeader)("a program with static probes", () => {
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "retis-programs-"));
    for (const [kind, flags] of Object.entries(kinds)) compileProgram(source, join(directory, kind), flags);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test.each(Object.keys(kinds) as (keyof typeof kinds)[])("%s: its notes", (kind) => {
    const notes = sdtNotes(elfOf(kind));
    expect(notes.map(({ provider, name }) => `${provider}:${name}`).sort()).toEqual(
      ["counted", "numbers", "table", "text"].map((name) => `retis_test:${name}`),
    );
    expect(notes.every(({ semaphore }) => semaphore !== 0)).toBe(kind === "counted");
  });

  test.each(Object.keys(kinds) as (keyof typeof kinds)[])("%s: offsets lead to a nop", (kind) => {
    const bytes = readFileSync(pathOf(kind));
    const sites = use(kind, (file) => staticTargets(file, "retis_test:*")).flatMap((target) => target.sites);
    expect(sites).toHaveLength(4);
    if (process.arch === "x64") for (const { offset } of sites) expect(bytes[offset]).toBe(0x90);
  });

  test("a pattern chooses, another name does not", () => {
    const symbolsOf = (pattern: string) => use("pie", (file) => staticTargets(file, pattern)).map(({ symbol }) => symbol);
    expect(symbolsOf("retis_test:t*").sort()).toEqual(["retis_test:table", "retis_test:text"]);
    expect(symbolsOf("retis_test:numbers")).toEqual(["retis_test:numbers"]);
    expect(symbolsOf("retis_test:number")).toEqual([]);
    expect(symbolsOf("retis.test:numbers")).toEqual([]);
  });

  test("functions: by name, pattern, offset and address", () => {
    const [whole] = use("fixed", (file) => functionTargets(file, "probed_function"));
    const [start] = whole?.sites ?? [];
    expect(whole?.symbol).toBe("probed_function");
    expect(start).toMatchObject({ semaphore: 0, arguments: undefined });
    const [inside] = use("fixed", (file) => functionTargets(file, "probed_function+0x1"));
    expect(inside?.symbol).toBe("probed_function+0x1");
    expect(inside?.sites[0]?.offset).toBe((start?.offset ?? 0) + 1);
    const address = `0x${start?.address.toString(16)}`;
    expect(use("fixed", (file) => functionTargets(file, address))[0]?.sites[0]?.offset).toBe(start?.offset ?? -1);
    expect(use("fixed", (file) => functionTargets(file, "probed_*")).map(({ symbol }) => symbol)).toEqual(["probed_function"]);
    expect(use("fixed", (file) => functionTargets(file, "printf"))).toEqual([]);
    expect(() => use("fixed", (file) => functionTargets(file, "probed_function+4096"))).toThrow("bytes long");
    expect(use("stripped", (file) => functionTargets(file, "probed_function"))).toEqual([]);
  });

  test("one file has one identity, whatever its path", () => {
    const [first, again, other] = ["pie", "pie", "fixed"].map((kind) => use(kind as keyof typeof kinds, ({ identity }) => identity));
    expect(again).toBe(first!);
    expect(other).not.toBe(first!);
  });

  test("damage is an error, never a crash", () => {
    const bytes = readFileSync(pathOf("counted"));
    const look = (damaged: Uint8Array) => {
      try {
        const elf = new ElfFile(new MemoryBytes(damaged));
        return sdtNotes(elf).length + programSymbols(elf, "function", () => true).length;
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        return undefined;
      }
    };
    for (let length = 0; length < bytes.length; length += 61) look(bytes.subarray(0, length));
    let state = 12345;
    const random = (below: number) => (state = (state * 1103515245 + 12345) % 0x7fffffff) % below;
    for (let round = 0; round < 2000; round++) {
      const damaged = new Uint8Array(bytes);
      // Headers and tables are where damage hurts.
      for (let count = 0; count < 4; count++) {
        const at = random(3) === 0 ? random(64) : bytes.length - 1 - random(6000);
        damaged[at] = random(256);
      }
      look(damaged);
    }
  });
});

test("what is not a program says so", () => {
  const reasonOf = (text: string) => {
    try {
      return new ElfFile(new MemoryBytes(Buffer.from(text, "latin1"))).sections.length;
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(reasonOf("")).toBe("it is not an ELF file");
  expect(reasonOf("#!/bin/sh\n".repeat(20))).toBe("it is not an ELF file");
  expect(reasonOf(`\x7fELF\x01\x01${"\0".repeat(100)}`)).toBe("it is not a 64-bit little-endian ELF file");
  expect(reasonOf(`\x7fELF\x02\x01${"\0".repeat(100)}`)).toBe(0);
  expect(() => new ProgramFile("/dev/zero")).toThrow("it is not a regular file");
  expect(() => new ProgramFile(join(import.meta.dir, "absent"))).toThrow("ENOENT");
});
