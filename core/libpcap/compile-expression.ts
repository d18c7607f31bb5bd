/** libpcap's compiler of filter expressions (pcap-filter(7)), from the library that the executable carries. */
import { type Pointer, ptr, toArrayBuffer } from "bun:ffi";
import { openLibrary } from "../libbpf/native-library.ts";
import source from "./native/libpcap.so" with { type: "file" };

const declarations = {
  pcap_open_dead: { args: ["i32", "i32"], returns: "ptr" },
  pcap_compile: { args: ["ptr", "ptr", "ptr", "i32", "u32"], returns: "i32" },
  pcap_geterr: { args: ["ptr"], returns: "cstring" },
  pcap_freecode: { args: ["ptr"], returns: "void" },
  pcap_close: { args: ["ptr"], returns: "void" },
} as const;

/** Link-layer types by their DLT number (pcap-linktype(7)): Ethernet frames, and packets that begin with the IP header. */
export const linkTypes = { ethernet: 1, raw: 12 } as const;
export type LinkType = keyof typeof linkTypes;

/** What matching programs return; any number but 0 will do. */
const snapLength = 262_144;
/** PCAP_NETMASK_UNKNOWN: `ip broadcast` then is an error, as it depends on the network of each device. */
const netmaskUnknown = 0xffff_ffff;
/** struct bpf_program (pcap/bpf.h): unsigned length, padding, pointer to the instructions of 8 bytes. */
const programBytes = 16;
const instructionsOffset = 8;
const instructionBytes = 8;

/** libpcap does not accept an expression; the message is libpcap's own. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
}

let opened: ReturnType<typeof open> | undefined;

function open() {
  return openLibrary("libpcap.so", source, declarations);
}

/**
 * Compiles an expression to classic BPF, optimised.
 * @returns instructions as libpcap has them: struct bpf_insn { u16 code; u8 jt, jf; u32 k } in native order
 * @throws ExpressionError when it is not an expression, does not fit the link type or names an unknown host, port or network
 */
export function compileExpression(expression: string, linkType: LinkType): Uint8Array {
  opened ??= open();
  const handle = opened.pcap_open_dead(linkTypes[linkType], snapLength);
  if (!handle) throw new ExpressionError("out of memory");
  const program = new DataView(new ArrayBuffer(programBytes));
  const text = Buffer.from(`${expression}\0`, "utf8");
  try {
    const status = opened.pcap_compile(handle, ptr(program), ptr(text), 1, netmaskUnknown);
    if (status < 0) throw new ExpressionError(String(opened.pcap_geterr(handle)));
    const instructions = Number(program.getBigUint64(instructionsOffset, true)) as Pointer;
    const code = new Uint8Array(toArrayBuffer(instructions, 0, program.getUint32(0, true) * instructionBytes)).slice();
    opened.pcap_freecode(ptr(program));
    return code;
  } finally {
    opened.pcap_close(handle);
  }
}
