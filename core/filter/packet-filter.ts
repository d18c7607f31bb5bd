/** `--filter-packet`: an expression of tcpdump's language, compiled by libpcap, becomes BPF objects to be linked. */
import { readFileSync } from "node:fs";
import l2Object from "../../bpf/filter/l2.bpf.o" with { type: "file" };
import l3Object from "../../bpf/filter/l3.bpf.o" with { type: "file" };
import { invalidPacketFilter, reasonOf, TraceError, unsupportedPacketFilter } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { compileExpression, ExpressionError, type LinkType } from "../libpcap/compile-expression.ts";
import { BPF_RET, type ClassicInstruction, isExtraLoad, isPacketTypeLoad, parseClassic } from "./cbpf.ts";
import { hasWord, shiftedAlternative } from "./expression-words.ts";
import { type FilterInput, filterInput } from "./filter-input.ts";
import { locateError } from "./locate-error.ts";
import { patchFunction } from "./filter-slot.ts";
import { translate } from "./translate.ts";

export interface PacketFilter {
  /** Objects that define the filter functions; linked, they replace the empty ones of the entry programs. */
  readonly objects: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** The expression is about VLAN tags, so that those kept beside the packet must be shown to it (`retis_filter_vlan`). */
  readonly vlan: boolean;
  /** The expression asks for a direction (`retis_filter_direction`). */
  readonly direction: boolean;
}

const kind = "packet filter";
/** All names that libpcap has for the bytes of the link layer, e.g. `ether[0]`; without that layer they mean others. */
const linkLayerBytes = /\b(ether|link|ppp|slip|fddi|tr|wlan)\s*\[/;
const rejectAll: readonly ClassicInstruction[] = [{ code: BPF_RET, jt: 0, jf: 0, k: 0 }];

function faultOf(text: string, linkType: LinkType): string | undefined {
  try {
    compileExpression(text, linkType);
    return undefined;
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
}

function positionHint(expression: string, message: string): string | undefined {
  const position = locateError(expression, message, (text) => faultOf(text, "ethernet"));
  if (position) return `Look at character ${position.offset + 1}: ${position.word}`;
  return message.includes("syntax error") ? "Something is missing at its end" : undefined;
}

/**
 * libpcap compiles some words to loads of what the kernel tells of a packet beside its bytes, as a capture asks a packet
 * socket for it. Only that of the direction can be honoured; others would read beyond the packet and never match.
 */
function refuseExtraLoads(expression: string, program: readonly ClassicInstruction[]): void {
  if (!program.some((instruction) => isExtraLoad(instruction) && !isPacketTypeLoad(instruction))) return;
  const shifted = hasWord(expression, "inbound", "outbound");
  throw unsupportedPacketFilter(expression, shifted ? "write inbound or outbound before vlan, mpls and the like" : undefined);
}

function warnOfShift(expression: string): void {
  const word = shiftedAlternative(expression);
  if (word === undefined) return;
  const example = word === "vlan" ? "vlan and (ether[14:2] & 0xfff = 5 or ether[14:2] & 0xfff = 6)" : `${word} and (… or …)`;
  log.warn(
    `In the packet filter, what follows the first ${word} is about the packet within, also after "or": the second ${word} matches only inside the first. Write ${example}`,
  );
}

function compileL2(expression: string, input: FilterInput): Uint8Array {
  try {
    const program = parseClassic(compileExpression(expression, "ethernet"));
    refuseExtraLoads(expression, program);
    return translate(program, input);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw invalidPacketFilter(expression, error.message, positionHint(expression, error.message));
  }
}

/** Code for packets without a link-layer header; undefined when the expression makes no sense for them. */
function compileL3(expression: string, input: FilterInput): Uint8Array | undefined {
  if (linkLayerBytes.test(expression)) {
    log.debug("No L3 packet filter: the expression reads bytes of the link layer");
    return undefined;
  }
  try {
    return translate(parseClassic(compileExpression(expression, "raw")), input);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    log.debug(`No L3 packet filter: ${error.message}`);
    return undefined;
  }
}

function patchL3(code: Uint8Array | undefined, input: FilterInput): { readonly bytes: Uint8Array; readonly loaded: boolean } {
  const object = readFileSync(l3Object);
  try {
    if (code) return { bytes: patchFunction(object, "retis_filter_l3", code, kind), loaded: true };
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    log.debug(`No L3 packet filter: ${reasonOf(error)}`);
  }
  return { bytes: patchFunction(object, "retis_filter_l3", translate(rejectAll, input), kind), loaded: false };
}

/**
 * Compiles an expression for packets with an Ethernet header and for those that begin with the IP header. When there is
 * no form for the latter they are all rejected.
 * @throws TraceError when libpcap does not accept the expression or the code is too long
 */
export function preparePacketFilter(expression: string): PacketFilter {
  warnOfShift(expression);
  const object = readFileSync(l2Object);
  const input = filterInput(object);
  const l2 = patchFunction(object, "retis_filter_l2", compileL2(expression, input), kind);
  const l3 = patchL3(compileL3(expression, input), input);
  log.info(l3.loaded ? "L2 and L3 packet filters loaded" : "L2 packet filter loaded");
  return {
    objects: [
      { name: "L2 packet filter", bytes: l2 },
      { name: "L3 packet filter", bytes: l3.bytes },
    ],
    vlan: hasWord(expression, "vlan"),
    direction: hasWord(expression, "inbound", "outbound"),
  };
}
