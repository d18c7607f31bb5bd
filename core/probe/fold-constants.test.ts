import { describe, expect, test } from "bun:test";
import { BpfObject } from "../libbpf/bpf-object.ts";
import { bpfSyscall } from "../libbpf/bpf-syscall.ts";
import { addressOf, errnoName } from "../libbpf/libc.ts";
import { linkObjects } from "../libbpf/linker.ts";
import { cannotCompile, compileBpf } from "../../test/support/compile-c.ts";
import { ElfCode, R_BPF_64_32, R_BPF_64_64 } from "./elf-code.ts";
import { foldConstants, skipWrappers } from "./fold-constants.ts";
import { GlobalData, LinkedConstants } from "./global-data.ts";

/** Mixes constants in every way that code uses them; `context` chooses what the compiler cannot know. */
const source = `
#include <retis/kernel.h>
#include <bpf/bpf_helpers.h>
char LICENSE[] SEC("license") = "GPL";
struct pair { u32 first; s32 second; };
const volatile bool flag = false;
const volatile u8 byte = 0;
const volatile s16 half = 0;
const volatile u32 word = 0;
const volatile s32 negative = 0;
const volatile u64 wide = 0;
const volatile struct pair pair = { 3, -4 };
const volatile u32 table[4] = { 11, 22, 33, 44 };
u64 live = 0;
static __attribute__((noinline)) u64 mix(u64 sum, u64 value) { return (sum ^ value) * 0x9e3779b97f4a7c15ull; }
SEC("raw_tp")
int fold(struct bpf_raw_tracepoint_args *context)
{
	u64 sum = context->args[0], at = context->args[1] & 3;
	sum = mix(sum, byte);
	if (flag)
		sum = mix(sum, word);
	else
		sum = mix(sum, half);
	for (u32 i = 0; i < 3; i++)
		sum = mix(sum, negative + i) + wide;
	sum = mix(sum, table[at]);
	sum = mix(sum, pair.first);
	sum = mix(sum, pair.second) + table[2];
	if (word > 1000 && context->args[0] != 7)
		sum = mix(sum, wide);
	live = sum;
	return sum ^ sum >> 32;
}`;

const BPF_PROG_TEST_RUN = 10;
/** Offsets in union bpf_attr, `test` (include/uapi/linux/bpf.h). */
const attr = { fd: 0, retval: 4, contextSize: 40, context: 48, bytes: 80 } as const;

const values: readonly Readonly<Record<string, bigint>>[] = [
  { flag: 0n, byte: 0n, half: 0n, word: 0n, negative: 0n, wide: 0n },
  { flag: 1n, byte: 255n, half: -1n, word: 0xffff_ffffn, negative: -5n, wide: 0xffff_ffff_ffff_ffffn },
  { flag: 1n, byte: 128n, half: 32767n, word: 0x8000_0000n, negative: 2147483647n, wide: 0x8000_0000n },
  { flag: 0n, byte: 1n, half: -32768n, word: 1001n, negative: -2147483648n, wide: 0x1234_5678_9abc_def0n },
  { flag: 0n, byte: 1n, half: 2n, word: 1000n, negative: 1n, wide: 0xffff_ffff_8000_0000n },
];

function withConstants(linked: Uint8Array, constants: Readonly<Record<string, bigint>>): Uint8Array {
  const elf = Uint8Array.from(linked);
  const data = new GlobalData(new LinkedConstants(elf, "fold"));
  for (const [name, value] of Object.entries(constants)) data.set(name, value);
  return elf;
}

/** What the program returns for several contexts. */
function results(elf: Uint8Array): readonly number[] {
  const object = new BpfObject(elf, "fold");
  try {
    object.load();
    return [0n, 1n, 7n, 0xffff_ffff_ffff_ffffn].map((argument) => {
      const context = new BigUint64Array([argument, argument + 2n]);
      const view = new DataView(new ArrayBuffer(attr.bytes));
      view.setUint32(attr.fd, object.programFd("fold"), true);
      view.setUint32(attr.contextSize, context.byteLength, true);
      view.setBigUint64(attr.context, BigInt(addressOf(context)), true);
      const status = bpfSyscall(BPF_PROG_TEST_RUN, view, attr.bytes);
      if (status < 0) throw new Error(errnoName(status));
      return view.getUint32(attr.retval, true);
    });
  } finally {
    object.close();
  }
}

/** How often code needs the address of something in a section, or calls a function. */
function references(
  elf: Uint8Array,
  type: number,
  belongs: (symbol: { readonly section: number; readonly name: string }) => boolean,
): number {
  const found = new ElfCode(elf).code().flatMap(({ relocations }) => [...relocations.values()]);
  return found.filter((each) => each.type === type && belongs(each.symbol)).length;
}

describe.skipIf(cannotCompile !== undefined || process.getuid?.() !== 0)("constants in the code", () => {
  const linked = linkObjects([{ name: "fold", bytes: compileBpf({ source: { text: source } }) }]);

  test.each(values.map((_, index) => index))("a program returns the same, values %d", (index) => {
    const constants = values[index]!;
    const elf = withConstants(linked, constants);
    const expected = results(Uint8Array.from(elf));
    foldConstants(elf);
    expect(results(elf)).toEqual([...expected]);
    expect(new Set(expected).size).toBeGreaterThan(1);
  });

  test("only what is not known before is still read", () => {
    const elf = withConstants(linked, values[2]!);
    const rodata = new ElfCode(elf).section(".rodata")!.index;
    const before = references(elf, R_BPF_64_64, ({ section }) => section === rodata);
    foldConstants(elf);
    const after = references(elf, R_BPF_64_64, ({ section }) => section === rodata);
    expect(before).toBeGreaterThanOrEqual(9);
    // The table with an index that is not known, and addresses that live on past a jump.
    expect(after).toBeGreaterThanOrEqual(1);
    expect(after).toBeLessThanOrEqual(before / 2);
    expect(references(elf, R_BPF_64_64, ({ section }) => section !== rodata)).toBeGreaterThan(0);
  });

  test("a function that only calls one of the kernel is passed over, others are not", () => {
    const text = `
#include <retis/kernel.h>
#include <bpf/bpf_helpers.h>
char LICENSE[] SEC("license") = "GPL";
extern void *bpf_rdonly_cast(const void *object, u32 type) __ksym;
__hidden __attribute__((noinline)) void *wrapper(const void *object, u32 type) { return bpf_rdonly_cast(object, type); }
__hidden __attribute__((noinline)) void *other(const void *object, u32 type) { return bpf_rdonly_cast(object, type + 1); }
SEC("raw_tp")
int calls(struct bpf_raw_tracepoint_args *context)
{
	return (long)wrapper(context, 1) + (long)wrapper(context, 2) + (long)other(context, 3) != 0;
}`;
    const elf = linkObjects([{ name: "calls", bytes: compileBpf({ source: { text } }) }]);
    const calls = (name: string) => references(elf, R_BPF_64_32, (symbol) => symbol.name === name);
    expect([calls("wrapper"), calls("other"), calls("bpf_rdonly_cast")]).toEqual([2, 1, 2]);
    skipWrappers(elf);
    expect([calls("wrapper"), calls("other"), calls("bpf_rdonly_cast")]).toEqual([0, 1, 4]);
  });
});
