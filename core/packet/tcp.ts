import type { DecodeState } from "./decode-state.ts";
import { readTcpOptions, type TcpOption, tcpOptionText } from "./tcp-option.ts";

export interface TcpLayer {
  readonly layer: "tcp";
  readonly srcPort: number;
  readonly dstPort: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  /** Length of header and options in 4-byte words; 5 means no options. */
  readonly dataOffset: number;
  /** FIN 0x01, SYN 0x02, RST 0x04, PSH 0x08, ACK 0x10, URG 0x20, ECE 0x40, CWR 0x80, the reserved bit beside it 0x100. */
  readonly flags: number;
  readonly window: number;
  readonly options: readonly TcpOption[];
  /** Bytes of payload on the wire, by the IP and TCP lengths. */
  readonly payloadLength: number;
}

const ACK = 0x10;

/** Text of each combination of flag bits, `SEW` for 0xc2. */
const FLAGS_TEXT: readonly string[] = Array.from({ length: 512 }, (_, flags) =>
  [..."FSRP.UEWe"].filter((_letter, bit) => (flags >>> bit) & 1).join(""),
);

const FIXED_LENGTH = 20;
const NO_OPTIONS: readonly TcpOption[] = [];

/**
 * TCP, RFC 9293 section 3.1.
 *
 *     |      source port:16      |  destination port:16  |
 *     |                   sequence:32                    |
 *     |                acknowledgment:32                 |
 *     | offset:4 | reserved:3 | flags:9 |   window:16    |
 *     |       checksum:16        |   urgent pointer:16   |
 *     |        options, up to offset * 4 bytes in all    |
 */
export function decodeTcp(state: DecodeState): TcpLayer | undefined {
  const { cursor } = state;
  if (!cursor.has(FIXED_LENGTH)) return state.cutTransport("tcp");
  const srcPort = cursor.u16();
  const dstPort = cursor.u16();
  const sequence = cursor.u32();
  const acknowledgment = cursor.u32();
  const offsetAndFlags = cursor.u16();
  const window = cursor.u16();
  cursor.skip(4);
  const dataOffset = offsetAndFlags >>> 12;
  const headerLength = dataOffset * 4;
  return {
    layer: "tcp",
    srcPort,
    dstPort,
    sequence,
    acknowledgment,
    dataOffset,
    flags: offsetAndFlags & 0x1ff,
    window,
    options: headerLength > FIXED_LENGTH ? readTcpOptions(cursor.take(headerLength - FIXED_LENGTH)) : NO_OPTIONS,
    payloadLength: Math.max(state.payloadLength - headerLength, 0),
  };
}

export function tcpText(tcp: TcpLayer): string {
  const { sequence, payloadLength } = tcp;
  const end = payloadLength === 0 ? "" : `:${(sequence + payloadLength) >>> 0}`;
  const ack = (tcp.flags & ACK) === 0 ? "" : ` ack ${tcp.acknowledgment}`;
  const options = tcp.dataOffset > 5 ? ` [${optionsText(tcp.options)}]` : "";
  return ` flags [${FLAGS_TEXT[tcp.flags]!}] seq ${sequence}${end}${ack} win ${tcp.window}${options}`;
}

function optionsText(options: readonly TcpOption[]): string {
  let text = "";
  let separator = "";
  for (const option of options) {
    text = `${text}${separator}${tcpOptionText(option)}`;
    separator = ",";
  }
  return text;
}
