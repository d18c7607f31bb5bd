/** What the translation looks like; that it means the same as libpcap is shown by test/kernel/filter-packet.ts. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compileExpression } from "../libpcap/compile-expression.ts";
import { parseClassic } from "./cbpf.ts";
import { instructionBytes } from "./ebpf.ts";
import { filterInput } from "./filter-input.ts";
import { translate } from "./translate.ts";

const CALL_PROBE_READ = "8500000071000000";
const EXIT = "9500000000000000";

const input = filterInput(readFileSync(join(import.meta.dir, "../../bpf/filter/l2.bpf.o")));

function translated(expression: string): readonly string[] {
  const code = translate(parseClassic(compileExpression(expression, "ethernet")), input);
  expect(code.length % instructionBytes).toBe(0);
  return Buffer.from(code).toString("hex").match(/.{16}/g) ?? [];
}

test("headers are read without helper calls", () => {
  for (const expression of ["tcp port 443", "host 10.0.0.1", "tcp[tcpflags] & tcp-syn != 0", "ip6 and udp dst port 53"]) {
    expect(translated(expression)).not.toContain(CALL_PROBE_READ);
  }
});

test("what lies after the copied headers is read from the packet", () => {
  expect(translated("ether[191] = 1")).not.toContain(CALL_PROBE_READ);
  expect(translated("ether[192] = 1")).toContain(CALL_PROBE_READ);
  expect(translated("ether[191:2] = 1")).toContain(CALL_PROBE_READ);
});

test("code ends in an exit and has no other end than exits", () => {
  for (const expression of ["", "tcp", "ip6 protochain 6", "len > 100", "ether[0xfffffffe:4] = 0"]) {
    expect(translated(expression).at(-1)).toBe(EXIT);
  }
});

test("a common filter is short", () => {
  expect(translated("tcp port 443").length).toBeLessThan(80);
});

test("a program that divides by the constant zero, or jumps out of itself, is a fault", () => {
  expect(() => translate([{ code: 0x34, jt: 0, jf: 0, k: 0 }], input)).toThrow("divides");
  expect(() => translate([{ code: 0x05, jt: 0, jf: 0, k: 9 }], input)).toThrow("jumps out");
});
