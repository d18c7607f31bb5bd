/**
 * Small maps and programs made with bpf(2) alone, to find out what a kernel can do. Layouts of the arguments:
 * union bpf_attr in include/uapi/linux/bpf.h. Every function gives the object, or the errno (positive) of the kernel.
 */
import { closeSync } from "node:fs";
import { bpfSyscall } from "./bpf-syscall.ts";
import { addressOf, cString } from "./libc.ts";

const BPF_MAP_CREATE = 0;
const BPF_MAP_UPDATE_ELEM = 2;
const BPF_PROG_LOAD = 5;
const BPF_RAW_TRACEPOINT_OPEN = 17;
const BPF_LINK_CREATE = 28;
const BPF_ITER_CREATE = 33;

/** Numbers of `enum bpf_map_type`. */
export const mapTypes = { hash: 1, array: 2, perCpuArray: 6, ringBuffer: 27 } as const;
/** Numbers of `enum bpf_prog_type`. */
export const programTypes = { kprobe: 2, rawTracepoint: 17, tracing: 26 } as const;
/** Numbers of `enum bpf_attach_type`. */
export const attachTypes = { fentry: 24, iterator: 28, kprobeMulti: 42, uprobeMulti: 48 } as const;
/** Numbers of helpers (`enum bpf_func_id`) that take nothing but the context. */
export const contextHelpers = { getFuncIp: 173, getAttachCookie: 174 } as const;

/** Something in the kernel that lives as long as its file descriptor. */
export interface KernelObject {
  readonly fd: number;
  close(): void;
}

function ownedObject(result: number): KernelObject | number {
  return result < 0 ? -result : { fd: result, close: () => closeSync(result) };
}

function attributes(size: number, fill: (view: DataView) => void): DataView {
  const view = new DataView(new ArrayBuffer(size));
  fill(view);
  return view;
}

/** Creates a map. `keySize` and `valueSize` in bytes, 0 for a ring buffer; its `entries` are bytes, a power of two. */
export function createMap(type: number, keySize: number, valueSize: number, entries: number): KernelObject | number {
  const attr = attributes(16, (view) =>
    [type, keySize, valueSize, entries].forEach((value, index) => view.setUint32(4 * index, value, true)),
  );
  return ownedObject(bpfSyscall(BPF_MAP_CREATE, attr, attr.byteLength));
}

/** 8 bytes: opcode, registers (destination, source * 16), offset (16 bit), immediate (32 bit); Documentation/bpf/instruction-set.rst. */
export interface Instruction {
  readonly opcode: number;
  /** r0 when absent. */
  readonly registers?: number;
  /** Of a jump or of memory; 0 when absent. */
  readonly offset?: number;
  readonly immediate: number;
}

function instructions(codes: readonly Instruction[]): DataView {
  return attributes(8 * codes.length, (view) =>
    codes.forEach(({ opcode, registers = 0, offset = 0, immediate }, index) => {
      view.setUint8(8 * index, opcode);
      view.setUint8(8 * index + 1, registers);
      view.setInt16(8 * index + 2, offset, true);
      view.setInt32(8 * index + 4, immediate, true);
    }),
  );
}

const call = (helper: number) => ({ opcode: 0x85, immediate: helper });
const returnZero = [
  { opcode: 0xb7, immediate: 0 },
  { opcode: 0x95, immediate: 0 },
] as const;

export interface RawProgram {
  readonly type: number;
  readonly attachType?: number;
  /** BTF id of the function in vmlinux, for tracing programs. */
  readonly targetId?: number;
  /** A helper that the program calls with its context; see {@link contextHelpers}. */
  readonly helper?: number;
}

/** Loads a program that does nothing but call the helper, if any, and return 0. */
export function loadProgram({ type, attachType = 0, targetId = 0, helper }: RawProgram): KernelObject | number {
  return loadInstructions({ type, attachType, targetId }, helper === undefined ? returnZero : [call(helper), ...returnZero]);
}

/** Loads a program of these instructions. */
export function loadInstructions(
  { type, attachType = 0, targetId = 0 }: Omit<RawProgram, "helper">,
  codes: readonly Instruction[],
): KernelObject | number {
  const code = instructions(codes);
  const license = cString("GPL");
  const attr = attributes(112, (view) => {
    view.setUint32(0, type, true);
    view.setUint32(4, code.byteLength / 8, true);
    view.setBigUint64(8, BigInt(addressOf(code)), true);
    view.setBigUint64(16, BigInt(addressOf(license)), true);
    view.setUint32(68, attachType, true);
    view.setUint32(108, targetId, true);
  });
  return ownedObject(bpfSyscall(BPF_PROG_LOAD, attr, attr.byteLength));
}

/** Updates one element of a map. @returns whether the kernel did */
export function updateElement(mapFd: number, key: ArrayBufferView, value: ArrayBufferView): boolean {
  const attr = attributes(32, (view) => {
    view.setUint32(0, mapFd, true);
    view.setBigUint64(8, BigInt(addressOf(key)), true);
    view.setBigUint64(16, BigInt(addressOf(value)), true);
  });
  return bpfSyscall(BPF_MAP_UPDATE_ELEM, attr, attr.byteLength) >= 0;
}

/** Opens a run of an iterator (`SEC("iter/…")`): reading it runs the program for each object. */
export function openIterator(programFd: number): KernelObject | number {
  const attr = attributes(48, (view) => {
    view.setUint32(0, programFd, true);
    view.setUint32(8, attachTypes.iterator, true);
  });
  const link = ownedObject(bpfSyscall(BPF_LINK_CREATE, attr, attr.byteLength));
  if (typeof link === "number") return link;
  try {
    const run = attributes(8, (view) => view.setUint32(0, link.fd, true));
    return ownedObject(bpfSyscall(BPF_ITER_CREATE, run, run.byteLength));
  } finally {
    link.close();
  }
}

/** Attaches a tracing program to the function that it was loaded for, through a BPF trampoline. */
export function attachTracing(programFd: number): KernelObject | number {
  const attr = attributes(12, (view) => view.setUint32(8, programFd, true));
  return ownedObject(bpfSyscall(BPF_RAW_TRACEPOINT_OPEN, attr, attr.byteLength));
}
