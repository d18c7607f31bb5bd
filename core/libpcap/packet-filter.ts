/** A filter expression applied to packets in memory, by libpcap's own interpreter. */
import { ptr } from "bun:ffi";
import { openLibrary } from "../libbpf/native-library.ts";
import { compileExpression, type LinkType } from "./compile-expression.ts";
import source from "./native/libpcap.so" with { type: "file" };

/** struct pcap_pkthdr (pcap/pcap.h): two 64-bit words of time, then captured and original length. */
const headerBytes = 24;
const capturedOffset = 16;
const lengthOffset = 20;
/** struct bpf_program (pcap/bpf.h): unsigned length, padding, pointer to the instructions of 8 bytes. */
const programBytes = 16;
const instructionsOffset = 8;
const instructionBytes = 8;

let opened: ReturnType<typeof open> | undefined;

function open() {
  return openLibrary("libpcap.so", source, { pcap_offline_filter: { args: ["ptr", "ptr", "ptr"], returns: "i32" } } as const);
}

export class PacketFilter {
  readonly #program = new DataView(new ArrayBuffer(programBytes));
  readonly #header = new DataView(new ArrayBuffer(headerBytes));
  /** Kept: the program points at it. */
  readonly #code: Uint8Array;

  /** @throws ExpressionError when libpcap does not accept the expression */
  constructor(expression: string, linkType: LinkType) {
    this.#code = compileExpression(expression, linkType);
    this.#program.setUint32(0, this.#code.length / instructionBytes, true);
    this.#program.setBigUint64(instructionsOffset, BigInt(ptr(this.#code)), true);
  }

  /**
   * @param packet its captured bytes, perhaps with others after them
   * @param captured how many of them
   * @param length of the packet on the wire
   */
  matches(packet: Uint8Array, captured: number, length: number): boolean {
    opened ??= open();
    this.#header.setUint32(capturedOffset, captured, true);
    this.#header.setUint32(lengthOffset, length, true);
    // An empty array has no address.
    const bytes = packet.length === 0 ? ptr(this.#header) : ptr(packet);
    return opened.pcap_offline_filter(ptr(this.#program), ptr(this.#header), bytes) !== 0;
  }
}
