import type { ByteCursor } from "../base/bytes.ts";

const END = 0;
const NOP = 1;

/** By full option type, copied flag and class included (IANA IP option numbers). */
const NAMES: Readonly<Record<number, string>> = {
  [END]: "EOL",
  [NOP]: "NOP",
  7: "RR",
  68: "TS",
  131: "LSRR",
  137: "SSRR",
  148: "RA",
};

/**
 * The names of the options in `region`, RFC 791 section 3.1: types 0 and 1 are one byte, all others type, length, data.
 *
 *     | copied:1 | class:2 | number:5 |  length:8  | data |
 *
 * An end of list says nothing unless an option precedes it. A length that cannot be true ends the list.
 */
export function readIpv4Options(region: ByteCursor): readonly string[] {
  const names: string[] = [];
  while (region.has(1)) {
    const type = region.u8();
    if (type === END && names.length === 0) break;
    names.push(NAMES[type] ?? `opt-${type & 0x1f}`);
    if (type === END) break;
    if (type === NOP) continue;
    const length = region.u8();
    if (length < 2) break;
    region.skip(length - 2);
  }
  return names;
}
