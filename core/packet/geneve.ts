import type { DecodeState } from "./decode-state.ts";
import { ethertypeText } from "./ethertype.ts";
import { type GeneveOption, geneveOptionText, readGeneveOptions } from "./geneve-option.ts";
import { nextInTunnel } from "./next-layer.ts";

export interface GeneveLayer {
  readonly layer: "geneve";
  /** The O flag: a control packet. */
  readonly control: boolean;
  /** The C flag: critical options are present. */
  readonly critical: boolean;
  /** Ethertype of the payload. */
  readonly protocol: number;
  readonly vni: number;
  /** Length of the options in bytes, as the header gives it. */
  readonly optionsLength: number;
  readonly options: readonly GeneveOption[];
}

/**
 * Geneve, RFC 8926 section 3.4.
 *
 *     | version:2 | options length:6, in 4 bytes | O:1 C:1 0:6 | protocol:16 |
 *     |               VNI:24                     | reserved:8  |
 *     | options |
 */
export function decodeGeneve(state: DecodeState): GeneveLayer | undefined {
  const { cursor } = state;
  if (!cursor.has(8)) return state.truncated("geneve");
  const optionsLength = (cursor.u8() & 0x3f) * 4;
  const flags = cursor.u8();
  const protocol = cursor.u16();
  const vni = cursor.u24();
  cursor.skip(1);
  const complete = cursor.has(optionsLength);
  const options = readGeneveOptions(cursor.take(optionsLength));
  if (complete) nextInTunnel(state, protocol);
  else state.truncated("geneve");
  return {
    layer: "geneve",
    control: (flags & 0x80) !== 0,
    critical: (flags & 0x40) !== 0,
    protocol,
    vni,
    optionsLength,
    options,
  };
}

/** @param linkLayer whether link-layer headers, and so the payload's ethertype, are shown */
export function geneveText(geneve: GeneveLayer, linkLayer: boolean): string {
  const flags = `${geneve.control ? "O" : ""}${geneve.critical ? "C" : ""}`;
  const protocol = linkLayer ? ` proto ${ethertypeText(geneve.protocol)}` : "";
  const options = geneve.optionsLength === 0 ? "" : ` [${geneve.options.map(geneveOptionText).join(",")}]`;
  return ` geneve [${flags}] vni 0x${geneve.vni.toString(16)}${protocol}${options} `;
}
