/** Runs meta filters in the kernel, on images, with BPF_PROG_TEST_RUN. */
import { BpfObject } from "../../libbpf/bpf-object.ts";
import { bpfSyscall } from "../../libbpf/bpf-syscall.ts";
import { addressOf, errnoName } from "../../libbpf/libc.ts";
import { linkObjects } from "../../libbpf/linker.ts";
import { programTypes } from "../../probe/program-types.ts";
import type { MetaFilter } from "../meta-filter.ts";
import { metaFrame } from "../meta-frame.ts";
import { memoryBytes, type MetaImage, places } from "./meta-image.ts";

const BPF_PROG_TEST_RUN = 10;
/** Offsets in union bpf_attr, `test` (include/uapi/linux/bpf.h). */
const attr = { fd: 0, retval: 4, contextSize: 40, context: 48, bytes: 80 } as const;
/** Offsets in struct image of meta-run.bpf.c. */
const image = { address: 0, skb: 8, memory: 16, event: 16 + memoryBytes } as const;

/** The probes of meta-run.bpf.c: one without arguments but the skb, one whose first arguments fill the slots of filters. */
export const probes = { bare: 0, full: 1 } as const;

function keyOf(index: number): Uint8Array {
  return new Uint8Array(new Uint32Array([index]).buffer);
}

/** A meta filter that is loaded; instances share the images of the first. */
export class MetaMachine {
  readonly #object: BpfObject;
  readonly #entry: Uint8Array;
  readonly #attr = new DataView(new ArrayBuffer(attr.bytes));
  readonly #context = new BigUint64Array(2);
  readonly #imageBytes: number;

  constructor(entry: Uint8Array, filter: MetaFilter | undefined, first?: MetaMachine) {
    this.#entry = entry;
    this.#imageBytes = image.event + (metaFrame(entry).scratch + 4096);
    this.#object = new BpfObject(linkObjects([{ name: "entry", bytes: entry }, ...(filter ? [filter.object] : [])]), "meta-run");
    for (const name of first ? ["images", "probes"] : []) this.#object.map(name)!.share(first!.#object.map(name)!);
    try {
      this.#object.load();
    } catch (error) {
      this.#object.close();
      throw error;
    }
    this.#attr.setUint32(attr.fd, this.#object.programFd("run_meta"), true);
    this.#attr.setUint32(attr.contextSize, 16, true);
    this.#attr.setBigUint64(attr.context, BigInt(addressOf(this.#context)), true);
    if (!first) this.#describeProbes();
  }

  /** Kernel address of an image's memory. */
  address(index: number): bigint {
    this.passes(index, probes.bare);
    const value = new Uint8Array(this.#imageBytes);
    this.#object.map("images")!.lookup(keyOf(index), value);
    return new DataView(value.buffer).getBigUint64(image.address, true);
  }

  /** Puts an image in place; at the full probe the arguments are these, in registers from 1 on. */
  put(index: number, { memory, base }: MetaImage, args: readonly bigint[]): void {
    const frame = metaFrame(this.#entry);
    const value = new Uint8Array(this.#imageBytes);
    const view = new DataView(value.buffer);
    view.setBigUint64(image.skb, base + BigInt(places.skb), true);
    value.set(memory, image.memory);
    value.set(memory.subarray(places.skb, places.skb + frame.skbBytes), image.event + frame.skb);
    args.forEach((arg, register) => view.setBigUint64(image.event + frame.args + 8 * (register + 1), arg, true));
    this.#object.map("images")!.update(keyOf(index), value);
  }

  passes(index: number, probe: number): boolean {
    this.#context.set([BigInt(index), BigInt(probe)]);
    const status = bpfSyscall(BPF_PROG_TEST_RUN, this.#attr, attr.bytes);
    if (status < 0) throw new Error(`BPF_PROG_TEST_RUN: ${errnoName(status)}`);
    const verdict = this.#attr.getInt32(attr.retval, true);
    if (verdict < 0) throw new Error(`there is no image ${index}`);
    return verdict !== 0;
  }

  close(): void {
    this.#object.close();
  }

  #describeProbes(): void {
    const bare = new Int8Array(programTypes().struct("retis_probe").size).fill(-1);
    const full = Int8Array.from(bare, (_, slot) => (slot >= 2 && slot <= 4 ? slot - 1 : -1));
    [bare, full].forEach((config, index) => this.#object.map("probes")!.update(keyOf(index), new Uint8Array(config.buffer)));
  }
}
