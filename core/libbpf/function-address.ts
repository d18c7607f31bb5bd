/**
 * Addresses of functions from the kernel itself: it puts them into a program that refers to their BTF ids (not yet in
 * Linux 6.1; kernel/bpf/verifier.c: check_pseudo_btf_id), also where /proc/kallsyms shows zeros. Takes CAP_BPF and CAP_PERFMON.
 */
import { closeSync } from "node:fs";
import { bpfSyscall } from "./bpf-syscall.ts";
import { addressOf } from "./libc.ts";
import { createMap, type Instruction, type KernelObject, loadInstructions, mapTypes, programTypes } from "./raw-objects.ts";

const BPF_MAP_LOOKUP_ELEM = 1;
const BPF_PROG_TEST_RUN = 10;
const BPF_PSEUDO_MAP_VALUE = 2;
const BPF_PSEUDO_BTF_ID = 3;
const testRunBytes = 80;

/** @param btfIds of functions in vmlinux. @returns addresses of those that the kernel gives */
export function functionAddresses(btfIds: readonly number[]): readonly bigint[] {
  const map = createMap(mapTypes.array, 4, 8, 1);
  if (typeof map === "number") return [];
  try {
    return btfIds.flatMap((id) => (storeAddress(map, id) ? [storedValue(map)] : []));
  } finally {
    map.close();
  }
}

/** r1 = address of the function, r2 = address of the value, *r2 = r1, return 0; see Documentation/bpf/instruction-set.rst. */
function storingCode(mapFd: number, btfId: number): readonly Instruction[] {
  const second = { opcode: 0, immediate: 0 };
  return [
    { opcode: 0x18, registers: 0x01 | (BPF_PSEUDO_BTF_ID << 4), immediate: btfId },
    second,
    { opcode: 0x18, registers: 0x02 | (BPF_PSEUDO_MAP_VALUE << 4), immediate: mapFd },
    second,
    { opcode: 0x7b, registers: 0x12, immediate: 0 },
    { opcode: 0xb7, immediate: 0 },
    { opcode: 0x95, immediate: 0 },
  ];
}

function storeAddress({ fd }: KernelObject, btfId: number): boolean {
  const program = loadInstructions({ type: programTypes.rawTracepoint }, storingCode(fd, btfId));
  if (typeof program === "number") return false;
  try {
    const attr = new DataView(new ArrayBuffer(testRunBytes));
    attr.setUint32(0, program.fd, true);
    return bpfSyscall(BPF_PROG_TEST_RUN, attr, testRunBytes) >= 0;
  } finally {
    closeSync(program.fd);
  }
}

function storedValue({ fd }: KernelObject): bigint {
  const [key, value] = [new Uint32Array(1), new BigUint64Array(1)];
  const attr = new DataView(new ArrayBuffer(32));
  attr.setUint32(0, fd, true);
  attr.setBigUint64(8, BigInt(addressOf(key)), true);
  attr.setBigUint64(16, BigInt(addressOf(value)), true);
  return bpfSyscall(BPF_MAP_LOOKUP_ELEM, attr, attr.byteLength) < 0 ? 0n : value[0]!;
}
