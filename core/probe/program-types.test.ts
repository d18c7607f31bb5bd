/**
 * Nothing that C and TypeScript share is written down twice: with other numbers, order and layouts in the headers, the same
 * TypeScript gives the other results.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Glob } from "bun";
import { cannotCompile, compileBtf } from "../../test/support/compile-c.ts";
import { ObjectTypes } from "../kernel/object-types.ts";
import {
  argumentSlots,
  contextHookSlots,
  functionArguments,
  hookSlots,
  programTypes,
  sectionHeader,
  tracepointArguments,
} from "./program-types.ts";
import { type Probe, probeConfigs } from "./probe.ts";

const root = join(import.meta.dir, "../..");

const probe: Probe = {
  id: 0,
  type: "kprobe",
  symbol: "f",
  parameters: ["int", "struct sk_buff *"],
  hooks: 5,
  contextHooks: 2,
  requested: true,
  stack: true,
  showStack: true,
  lifetime: ["RETIS_PROBE_REPLACES"],
};

test("what the entry programs have", () => {
  expect([argumentSlots(), tracepointArguments(), hookSlots(), contextHookSlots()]).toEqual([32, 12, 24, 4]);
  expect(functionArguments()).toBe(process.arch === "arm64" ? 8 : 6);
  expect(sectionHeader()).toEqual({ bytes: 8, sizeOffset: 0, ownerOffset: 2 });
});

describe.skipIf(cannotCompile !== undefined)("with other headers (needs clang)", () => {
  let directory = "";
  let changed: ObjectTypes;

  /** Replaces text of a header that must be there. */
  function change(file: string, ...replacements: readonly (readonly [string, string])[]): void {
    const path = join(directory, file);
    let text = readFileSync(path, "utf8");
    for (const [before, after] of replacements) {
      expect(text).toContain(before);
      text = text.replace(before, after);
    }
    writeFileSync(path, text);
  }

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "retis-headers-"));
    cpSync(join(root, "bpf"), directory, { recursive: true });
    change(
      "include/retis/context.h",
      ["RETIS_ARG_SLOTS 32", "RETIS_ARG_SLOTS 16"],
      ["RETIS_TRACEPOINT_ARGS = 12", "RETIS_TRACEPOINT_ARGS = 9"],
      ["RETIS_PROBE_STACK = 1,", "RETIS_PROBE_STACK = 256,"],
      ["RETIS_PROBE_REPLACES = 16,", "RETIS_PROBE_REPLACES = 512,"],
      ["	s8 arg[RETIS_ARG_SLOTS];", "	u64 before;\n	s8 arg[RETIS_ARG_SLOTS];"],
    );
    change("include/retis/record.h", ["	u16 size;\n	u8 owner;\n	u8 reserved0;", "	u8 reserved0;\n	u8 owner;\n	u16 size;"]);
    change("probe/core.h", ["	RETIS_LOSS_RING_FULL,\n	RETIS_LOSS_NESTED,", "	RETIS_LOSS_NESTED,\n	RETIS_LOSS_RING_FULL,"]);
    change("probe/chain.h", [" X(20) X(21) X(22) X(23)", ""], [" X(02) X(03)\n", "\n"]);
    changed = new ObjectTypes(compileBtf({ source: { path: join(directory, "probe/kprobe.bpf.c") }, include: join(directory, "include") }));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test("sizes and positions", () => {
    expect([argumentSlots(changed), tracepointArguments(changed), hookSlots(changed), contextHookSlots(changed)]).toEqual([16, 9, 20, 2]);
    expect(sectionHeader(changed)).toEqual({ bytes: 8, sizeOffset: 2, ownerOffset: 1 });
  });

  test("the configuration of a probe", () => {
    const config = new DataView(probeConfigs([probe], [["struct sk_buff *"], ["int"]], changed).buffer);
    expect(config.byteLength).toBe(8 + 16 + 16);
    expect([config.getInt8(8), config.getInt8(9), config.getInt8(10)]).toEqual([1, 0, -1]);
    expect([24, 28, 32].map((at) => config.getUint32(at, true))).toEqual([5, 2, 256 + 512]);
  });

  test("reasons of loss", () => {
    expect(changed.enumValue("retis_loss", "RETIS_LOSS_RING_FULL")).toBe(1);
    expect(programTypes().enumValue("retis_loss", "RETIS_LOSS_RING_FULL")).toBe(0);
  });
});

test("every name of the BPF side in TypeScript exists there", () => {
  const files = (pattern: string) => [...new Glob(pattern).scanSync(root)].map((path) => readFileSync(join(root, path), "utf8")).join("\n");
  const headers = files("bpf/**/*.{h,c}");
  const used = new Set(
    files("core/**/*.ts").match(/\bRETIS_(?:PROBE|LOSS|ARG|BY|TRACKED|UNTRACKED|HOOK|CONST|SECTION|REGISTER|TRACEPOINT)\w*/g),
  );
  expect([...used].filter((name) => !new RegExp(`\\b${name}\\b`).test(headers))).toEqual([]);
});
