/** What libpcap itself says about a packet: its own interpreter on its own program. */
import { dlopen, ptr } from "bun:ffi";
import { join } from "node:path";
import type { LinkType } from "../../core/libpcap/compile-expression.ts";
import { compileExpression } from "../../core/libpcap/compile-expression.ts";

const library = join(import.meta.dir, "../../core/libpcap/native/libpcap.so");
const { symbols } = dlopen(library, { pcap_offline_filter: { args: ["ptr", "ptr", "ptr"], returns: "i32" } });

/** struct pcap_pkthdr: two 64-bit words of time, then captured and original length. */
const headerBytes = 24;
const capturedOffset = 16;
const lengthOffset = 20;

/** An expression as libpcap compiled it. */
export class LibpcapFilter {
  readonly #program = new DataView(new ArrayBuffer(16));
  readonly #header = new DataView(new ArrayBuffer(headerBytes));
  /** Kept: the program points at it. */
  readonly #code: Uint8Array;

  /** @throws ExpressionError when libpcap does not accept the expression */
  constructor(expression: string, linkType: LinkType) {
    this.#code = compileExpression(expression, linkType);
    this.#program.setUint32(0, this.#code.length / 8, true);
    this.#program.setBigUint64(8, BigInt(ptr(this.#code)), true);
  }

  /** @param captured bytes of the packet that are there; @param length of the packet on the wire */
  passes(packet: Uint8Array, captured: number, length: number): boolean {
    this.#header.setUint32(capturedOffset, captured, true);
    this.#header.setUint32(lengthOffset, length, true);
    return symbols.pcap_offline_filter(ptr(this.#program), ptr(this.#header), packet.length === 0 ? ptr(this.#header) : ptr(packet)) !== 0;
  }
}
