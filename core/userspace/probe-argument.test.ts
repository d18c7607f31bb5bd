import { describe, expect, test } from "bun:test";
import type { Machine } from "../base/elf-file.ts";
import { parseArguments, type ProbeArgument } from "./probe-argument.ts";

const symbols: Readonly<Record<string, number>> = { counter: 0x4010, "table.0": 0x4020 };
const parse = (text: string, machine: Machine = "x64") => parseArguments(text, machine, (name) => symbols[name]);

function unsigned(size: ProbeArgument["size"], operand: ProbeArgument["operand"]): ProbeArgument {
  return { size, signed: false, operand };
}
const register = (name: string, bit = 0) => ({ kind: "register", register: { name, bit } }) as const;

describe("x86-64", () => {
  test.each([
    ["8@%rdx", unsigned(8, register("dx"))],
    ["4@%ecx", unsigned(4, register("cx"))],
    ["2@%dx", unsigned(2, register("dx"))],
    ["1@%sil", unsigned(1, register("si"))],
    ["1@%al", unsigned(1, register("ax"))],
    ["1@%ah", unsigned(1, register("ax", 8))],
    ["4@%r10d", unsigned(4, register("r10"))],
    ["1@%r15b", unsigned(1, register("r15"))],
    ["-4@%ebp", { size: 4, signed: true, operand: register("bp") }],
    ["-4@$-12", { size: 4, signed: true, operand: { kind: "constant", value: -12n } }],
    ["8@$0x10", unsigned(8, { kind: "constant", value: 16n })],
    ["4@12(%rbx)", unsigned(4, { kind: "memory", base: "bx", displacement: 12n })],
    ["8@-8(%rbp)", unsigned(8, { kind: "memory", base: "bp", displacement: -8n })],
    ["8@(%rsp)", unsigned(8, { kind: "memory", base: "sp", displacement: 0n })],
    [
      "-2@(%r15,%rax,2)",
      { size: 2, signed: true, operand: { kind: "memory", base: "r15", displacement: 0n, index: { name: "ax", shift: 1 } } },
    ],
    ["8@-16(%rax,%rcx)", unsigned(8, { kind: "memory", base: "ax", displacement: -16n, index: { name: "cx", shift: 0 } })],
    ["8@64(,%rdi,8)", unsigned(8, { kind: "memory", displacement: 64n, index: { name: "di", shift: 3 } })],
    ["4@counter(%rip)", unsigned(4, { kind: "memory", displacement: 0x4010n, relative: true })],
    ["4@counter+8(%rip)", unsigned(4, { kind: "memory", displacement: 0x4018n, relative: true })],
    ["4@-4+table.0(%rip)", unsigned(4, { kind: "memory", displacement: 0x401cn, relative: true })],
    ["4@counter", unsigned(4, { kind: "memory", displacement: 0x4010n, relative: true })],
    // Notes of the oldest kind say no size.
    ["%rdi", { size: 8, signed: true, operand: register("di") }],
  ] satisfies [string, ProbeArgument][])("%s", (text, expected) => {
    expect(parse(text)).toEqual([expected]);
  });

  test.each([
    "8f@%xmm0",
    "8@%xmm0",
    "3@%rax",
    "8@%fs:16",
    "8@unknown(%rip)",
    "8@8(%rip)",
    "8@counter(%rax)",
    "8@8(%nothing)",
    "8@8(%rax,%nothing,2)",
    "8@8(%rax,%rcx,3)",
    "8@counter+table.0(%rip)",
    "8@$",
    "8@",
    "@",
    "8@()",
    "8@16",
  ])("cannot read %s", (text) => {
    expect(parse(text)).toEqual([undefined]);
  });

  test("several, one of them unreadable", () => {
    expect(parse("8@%rdx 8f@%xmm1 -4@12(%rbx)")).toEqual([
      unsigned(8, register("dx")),
      undefined,
      { size: 4, signed: true, operand: { kind: "memory", base: "bx", displacement: 12n } },
    ]);
  });

  test("none", () => {
    expect(parse("")).toEqual([]);
    expect(parse("  ")).toEqual([]);
  });
});

describe("arm64", () => {
  test.each([
    ["8@x0", unsigned(8, register("x0"))],
    ["4@w30", unsigned(4, register("x30"))],
    ["8@sp", unsigned(8, register("sp"))],
    ["4@wzr", unsigned(4, { kind: "constant", value: 0n })],
    ["-4@-1", { size: 4, signed: true, operand: { kind: "constant", value: -1n } }],
    ["8@#5", unsigned(8, { kind: "constant", value: 5n })],
    ["8@[x1]", unsigned(8, { kind: "memory", base: "x1", displacement: 0n })],
    ["-4@[sp, 12]", { size: 4, signed: true, operand: { kind: "memory", base: "sp", displacement: 12n } }],
    ["8@[x29, #-16]", unsigned(8, { kind: "memory", base: "x29", displacement: -16n })],
    ["8@[x0, x1]", unsigned(8, { kind: "memory", base: "x0", displacement: 0n, index: { name: "x1", shift: 0 } })],
    ["8@[x0, x1, lsl 3]", unsigned(8, { kind: "memory", base: "x0", displacement: 0n, index: { name: "x1", shift: 3 } })],
    ["2@[x0, w1, sxtw 1]", unsigned(2, { kind: "memory", base: "x0", displacement: 0n, index: { name: "x1", shift: 1, half: "signed" } })],
    ["1@[x0, w1, uxtw]", unsigned(1, { kind: "memory", base: "x0", displacement: 0n, index: { name: "x1", shift: 0, half: "unsigned" } })],
  ] satisfies [string, ProbeArgument][])("%s", (text, expected) => {
    expect(parse(text, "arm64")).toEqual([expected]);
  });

  test.each(["8@x31", "8@d0", "8@[d0]", "8@[x0, :lo12:counter]", "8@[x0, 8]!", "8@%rax"])("cannot read %s", (text) => {
    expect(parse(text, "arm64")).toEqual([undefined]);
  });

  test("operands with spaces", () => {
    expect(parse("8@x0 -4@[sp, 12] 8@[x0, x1, lsl 3]", "arm64").map((argument) => argument?.operand.kind)).toEqual([
      "register",
      "memory",
      "memory",
    ]);
  });
});
