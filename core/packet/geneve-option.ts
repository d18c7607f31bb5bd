import type { ByteCursor } from "../base/bytes.ts";

export interface GeneveOption {
  /** Namespace of the type (IANA Geneve option classes). */
  readonly class: number;
  /** The whole type byte; 0x80 marks an option that must be understood. */
  readonly type: number;
  /** Length of the data in bytes, as the option gives it. */
  readonly length: number;
  /** The first four data bytes as one number, when they are there. */
  readonly head?: number;
}

const CRITICAL = 0x80;
const LINUX_CLASS = 0x100;
const GRO_HINT = 1;

/**
 * The options in `region`, RFC 8926 section 3.5; one that is cut off before its data is left out.
 *
 *     | class:16 | type:8 | 0:3 | length:5, in 4 bytes | data |
 */
export function readGeneveOptions(region: ByteCursor): readonly GeneveOption[] {
  const options: GeneveOption[] = [];
  while (region.has(4)) {
    const header = { class: region.u16(), type: region.u8(), length: (region.u8() & 0x1f) * 4 };
    const data = region.take(header.length);
    options.push(data.has(4) ? { ...header, head: data.u32() } : header);
  }
  return options;
}

export function geneveOptionText(option: GeneveOption): string {
  const critical = (option.type & CRITICAL) === 0 ? "" : "(C)";
  const text = `class 0x${option.class.toString(16)} type 0x${option.type.toString(16)}${critical} len ${option.length}`;
  if (option.class !== LINUX_CLASS || option.type !== GRO_HINT || option.head === undefined) return text;
  return `${text} (${groHintText(option.head)})`;
}

/**
 * Class 0x100 type 1, the GRO hint of Linux (drivers/net/geneve.c): offsets of the nested network and transport headers
 * and the length of all nested headers.
 *
 *     | 0:5 | IPv6:1 | proto:2 | network:8 | transport:8 | length:8 |
 */
function groHintText(head: number): string {
  const version = (head >>> 26) & 1 ? "v6" : "v4";
  const transport = `tp ${(head >>> 8) & 0xff} hlen ${head & 0xff}`;
  return `proto ${(head >>> 24) & 3} ${version} nh ${(head >>> 16) & 0xff} ${transport}`;
}
