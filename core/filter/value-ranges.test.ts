import { expect, test } from "bun:test";
import { compileExpression } from "../libpcap/compile-expression.ts";
import { BPF_ABS, BPF_LD, BPF_RET, classOf, modeOf, parseClassic } from "./cbpf.ts";
import { valueRanges } from "./value-ranges.ts";

const compile = (expression: string) => parseClassic(compileExpression(expression, "ethernet"));

test("later loads know what earlier ones proved", () => {
  const program = compile("ether[20:4] = 1 and ether[10] = 2");
  const ranges = valueRanges(program);
  const loads = program.flatMap((each, index) => (classOf(each) === BPF_LD && modeOf(each) === BPF_ABS ? [ranges[index]?.bytes] : []));
  expect(loads).toEqual([0, 24]);
});

test("where ways join, only what both proved holds", () => {
  // (000) ldb [0]; (001) jeq 1: (002) ldb [40]; (003) ldb [5]; (004) ret 1
  const ranges = valueRanges([
    { code: 0x30, jt: 0, jf: 0, k: 0 },
    { code: 0x15, jt: 0, jf: 1, k: 1 },
    { code: 0x30, jt: 0, jf: 0, k: 40 },
    { code: 0x30, jt: 0, jf: 0, k: 5 },
    { code: BPF_RET, jt: 0, jf: 0, k: 1 },
  ]);
  expect(ranges.map((known) => known?.bytes)).toEqual([0, 1, 1, 1, 6]);
});

test("a header length is at most 60", () => {
  const program = compile("ip and tcp[13] = 2");
  const ranges = valueRanges(program);
  expect(ranges.some((known) => known?.maxX === 60)).toBeTrue();
});

test("a loop weakens what is known until it holds on every round", () => {
  const program = compile("ip6 protochain 6");
  const back = program.findIndex(({ code, k }) => code === 0x05 && (k | 0) < 0);
  const target = back + 1 + ((program[back]?.k ?? 0) | 0);
  expect(back).toBeGreaterThan(0);
  // On the first round X is the constant 40.
  expect(valueRanges(program)[target]?.maxX).toBe(0xffff_ffff);
});

test("instructions that cannot be reached have no ranges", () => {
  const ranges = valueRanges([
    { code: 0x05, jt: 0, jf: 0, k: 1 },
    { code: BPF_RET, jt: 0, jf: 0, k: 1 },
    { code: BPF_RET, jt: 0, jf: 0, k: 0 },
  ]);
  expect(ranges[1]).toBeUndefined();
  expect(ranges[2]).toBeDefined();
});
