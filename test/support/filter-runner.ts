/** Runs packet filters in the kernel, on packets of our own, with BPF_PROG_TEST_RUN. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { filterInput } from "../../core/filter/filter-input.ts";
import type { PacketFilter } from "../../core/filter/packet-filter.ts";
import { BpfObject } from "../../core/libbpf/bpf-object.ts";
import { bpfSyscall } from "../../core/libbpf/bpf-syscall.ts";
import { addressOf, errnoName } from "../../core/libbpf/libc.ts";
import { linkObjects } from "../../core/libbpf/linker.ts";
import { compileBpf } from "./compile-c.ts";

const root = join(import.meta.dir, "../..");
const BPF_PROG_TEST_RUN = 10;
/** Members of union bpf_attr's `test` (include/uapi/linux/bpf.h). */
const attrBytes = 80;
const attr = { fd: 0, retval: 4, dataSize: 8, data: 16, repeat: 32, duration: 36, contextSize: 40, context: 48 } as const;

/** struct filter_case (filter-run.bpf.c), which begins with struct retis_filter_input. */
const input = filterInput(readFileSync(join(root, "bpf/filter/l2.bpf.o")));
const packetBytes = 2048;
const undefinedByte = 0xa5;
/** Context of a raw tracepoint: two arguments. Of the socket programs: struct __sk_buff, of which the mark is set. */
const rawContextBytes = 16;
const skbContextBytes = 192;
const skbMarkOffset = 8;
const caseBytes = input.size + packetBytes;

/** A packet as the probe programs would hand it to a filter. */
export interface FilterPacket {
  /** The packet as it is on the wire: what a capture would have. */
  readonly bytes: Uint8Array;
  /** Bytes of it that can be read, and the packet's length, which may be more than there are bytes. */
  readonly linear: number;
  readonly length: number;
  /** Bytes 12 to 15 are a VLAN tag that the kernel keeps beside the packet. */
  readonly offloadedTag?: boolean;
}

/** The entry object of filter runs. */
export function compileFilterEntry(): Uint8Array {
  return compileBpf({ source: { path: join(import.meta.dir, "filter-run.bpf.c") } });
}

const programs = ["run_filter", "time_filter"] as const;

/** A filter that is loaded; instances share the packets of the first. */
export class FilterRunner {
  readonly #object: BpfObject;
  readonly #fd: number;
  readonly #attr = new DataView(new ArrayBuffer(attrBytes));
  readonly #context = new DataView(new ArrayBuffer(skbContextBytes));
  readonly #frame = new Uint8Array(64);

  /** @param program `run_filter` for verdicts, `time_filter` for times */
  constructor(
    entry: Uint8Array,
    filter: PacketFilter | undefined,
    first?: FilterRunner,
    program: (typeof programs)[number] = "run_filter",
  ) {
    this.#object = new BpfObject(linkObjects([{ name: "entry", bytes: entry }, ...(filter?.objects ?? [])]), "filter-run");
    for (const other of programs.filter((name) => name !== program)) this.#object.skipProgram(other);
    const shared = first === undefined ? undefined : first.#object.map("cases");
    if (shared) this.#object.map("cases")?.share(shared);
    this.#object.load();
    this.#fd = this.#object.programFd(program);
    this.#attr.setUint32(attr.fd, this.#fd, true);
    this.#attr.setBigUint64(attr.context, BigInt(addressOf(this.#context)), true);
  }

  /** Makes a packet known under a number below 512. */
  put(index: number, packet: FilterPacket): void {
    this.#object.map("cases")?.update(new Uint8Array(new Uint32Array([index]).buffer), caseOf(packet));
  }

  /** Verdict on a packet, by the filter for packets with a link-layer header (`l2`) or without (`l3`). */
  passes(index: number, form: "l2" | "l3"): boolean {
    this.#context.setBigUint64(0, BigInt(index), true);
    this.#context.setBigUint64(8, form === "l3" ? 1n : 0n, true);
    this.#attr.setUint32(attr.contextSize, rawContextBytes, true);
    this.#run();
    const verdict = this.#attr.getInt32(attr.retval, true);
    if (verdict < 0) throw new Error(`there is no packet ${index}`);
    return verdict !== 0;
  }

  /** Nanoseconds of one evaluation of the L2 form, the cost of calling it included. */
  time(index: number, repeat: number): number {
    new Uint8Array(this.#context.buffer).fill(0);
    this.#context.setUint32(skbMarkOffset, index, true);
    this.#attr.setUint32(attr.contextSize, skbContextBytes, true);
    this.#attr.setUint32(attr.dataSize, this.#frame.length, true);
    this.#attr.setBigUint64(attr.data, BigInt(addressOf(this.#frame)), true);
    this.#attr.setUint32(attr.repeat, repeat, true);
    this.#run();
    return this.#attr.getUint32(attr.duration, true);
  }

  /** Verdict of `time_filter` on a packet. */
  verdict(index: number): boolean {
    this.time(index, 1);
    return this.#attr.getInt32(attr.retval, true) !== 0;
  }

  close(): void {
    this.#object.close();
  }

  #run(): void {
    const status = bpfSyscall(BPF_PROG_TEST_RUN, this.#attr, attrBytes);
    if (status < 0) throw new Error(`BPF_PROG_TEST_RUN: ${errnoName(status)}`);
  }
}

/** The packet as the probe programs lay it out. What they leave undefined is set to values that a filter must not see. */
function caseOf({ bytes, linear, length, offloadedTag }: FilterPacket): Uint8Array {
  const filled = new Uint8Array(caseBytes).fill(undefinedByte);
  const view = new DataView(filled.buffer);
  const copied = Math.min(linear, input.headerBytes);
  view.setUint32(input.length, length, true);
  view.setUint32(input.linear, linear, true);
  view.setUint32(input.copied, copied, true);
  view.setUint32(input.inserted, offloadedTag ? 4 : 0, true);
  filled.set(bytes.subarray(0, copied), input.headers);
  filled.set(offloadedTag ? Buffer.concat([bytes.subarray(0, 12), bytes.subarray(16)]) : bytes, input.size);
  return filled;
}
