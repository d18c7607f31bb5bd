import { expect, test } from "bun:test";
import { CodeBuilder } from "./ebpf.ts";

/** Instructions as hex, eight bytes each. */
function assembled(build: (code: CodeBuilder) => void): readonly string[] {
  const code = new CodeBuilder();
  build(code);
  return Buffer.from(code.assemble()).toString("hex").match(/.{16}/g) ?? [];
}

// Encodings as llvm-mc --triple=bpfel prints them.
test("arithmetic", () => {
  expect(
    assembled((code) => {
      code.alu64("mov", "r6", "r1");
      code.alu64("add", "r1", -8);
      code.alu32("mov", "r7", 0xffff_ffff);
      code.alu32("lsh", "r7", 2);
      code.negate32("r7");
      code.swapBigEndian("r7", 16);
    }),
  ).toEqual(["bf16000000000000", "07010000f8ffffff", "b4070000ffffffff", "6407000002000000", "8407000000000000", "dc07000010000000"]);
});

test("memory and calls", () => {
  expect(
    assembled((code) => {
      code.load(4, "r9", "r6", 12);
      code.load(1, "r7", "r10", -8);
      code.store(4, "r10", -72, 0);
      code.store(8, "r10", -80, "r1");
      code.loadImmediate64("r1", 0x1122_3344_5566_7788n);
      code.call(113);
      code.exit();
    }),
  ).toEqual([
    "61690c0000000000",
    "71a7f8ff00000000",
    "620ab8ff00000000",
    "7b1ab0ff00000000",
    "1801000088776655",
    "0000000044332211",
    "8500000071000000",
    "9500000000000000",
  ]);
});

test("jumps go to labels before and after them", () => {
  expect(
    assembled((code) => {
      const [start, end] = [code.label("start"), code.label("end")];
      code.place(start);
      code.jumpIf32("jlt", "r9", 0x8000_0000, end);
      code.jumpIf64("jgt", "r1", "r9", end);
      code.jump(start);
      code.place(end);
      code.exit();
    }),
  ).toEqual(["a609020000000080", "2d91010000000000", "0500fdff00000000", "9500000000000000"]);
});

test("a label that was never placed is a fault", () => {
  expect(() => assembled((code) => code.jump(code.label("nowhere")))).toThrow("nowhere");
});
