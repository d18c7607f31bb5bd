/** Puts generated code into the room that a precompiled filter object has for it (bpf/filter/room.h). */
import { filterTooLong } from "../base/errors.ts";
import { elfSections } from "../probe/elf-sections.ts";
import { instructionBytes } from "./ebpf.ts";

/** Size of an entry of the symbol table, and offsets in it (Elf64_Sym of elf(5)). */
const symbolBytes = 24;
const valueOffset = 8;
const sizeOffset = 16;

/** Bytes of a function: a view of the object's `.text`. */
function functionCode(object: Uint8Array, name: string): Uint8Array {
  const sections = elfSections(object);
  const [text, symbols, names] = [".text", ".symtab", ".strtab"].map((section) => sections.get(section));
  if (!text || !symbols || !names) throw new Error("a filter object lacks its code or its symbols");
  const table = new DataView(symbols.buffer, symbols.byteOffset, symbols.byteLength);
  const strings = Buffer.from(names.buffer, names.byteOffset, names.byteLength);
  for (let at = 0; at < table.byteLength; at += symbolBytes) {
    const start = table.getUint32(at, true);
    if (strings.toString("latin1", start, strings.indexOf(0, start)) !== name) continue;
    const value = Number(table.getBigUint64(at + valueOffset, true));
    return text.subarray(value, value + Number(table.getBigUint64(at + sizeOffset, true)));
  }
  throw new Error(`a filter object lacks the function ${name}`);
}

/**
 * A copy of a filter object in which the end of the function is replaced by `code`. What stays in front of it does
 * nothing but fall through, so every instruction stays reachable, as the verifier demands.
 *
 * @param kind what the code is, for the error: "packet filter"
 * @throws TraceError when there are more instructions than room
 */
export function fillRoom(object: Uint8Array, name: string, code: Uint8Array, kind: string): Uint8Array {
  const filled = object.slice();
  const room = functionCode(filled, name);
  if (code.length > room.length) throw filterTooLong(kind, code.length / instructionBytes, room.length / instructionBytes);
  room.set(code, room.length - code.length);
  return filled;
}
