import { macAddress } from "../base/address.ts";
import { readIpv4 } from "./address.ts";
import type { DecodeState } from "./decode-state.ts";

export interface ArpLayer {
  readonly layer: "arp";
  /** 1 request, 2 reply, 3 reverse request, 4 reverse reply; others are kept but have no text. */
  readonly operation: number;
  /** 48 bits; text through `macAddress`. */
  readonly senderMac: number;
  readonly senderIp: string;
  /** As `senderMac`; 0 in most requests. */
  readonly targetMac: number;
  readonly targetIp: string;
}

/**
 * ARP (RFC 826) and reverse ARP (RFC 903) for IPv4 over Ethernet. The size fields are not checked.
 *
 *     | hardware type:16 | protocol type:16 | sizes:8+8 | operation:16 |
 *     | sender MAC (6) | sender IP (4) | target MAC (6) | target IP (4) |
 */
export function decodeArp(state: DecodeState): ArpLayer | undefined {
  const { cursor } = state;
  if (!cursor.has(28)) return state.truncated("arp");
  cursor.skip(6);
  const operation = cursor.u16();
  const senderMac = cursor.u48();
  const senderIp = readIpv4(cursor);
  const targetMac = cursor.u48();
  const targetIp = readIpv4(cursor);
  if (operation < 1 || operation > 4) state.unsupported("arp-operation", operation);
  return { layer: "arp", operation, senderMac, senderIp, targetMac, targetIp };
}

export function arpText(arp: ArpLayer): string {
  switch (arp.operation) {
    case 1: {
      const target = arp.targetMac === 0 ? "" : ` (${macAddress(arp.targetMac)})`;
      return `request who-has ${arp.targetIp}${target} tell ${arp.senderIp}`;
    }
    case 2:
      return `reply ${arp.senderIp} is-at ${macAddress(arp.senderMac)}`;
    case 3:
      return `reverse request who-is ${macAddress(arp.targetMac)} tell ${macAddress(arp.senderMac)}`;
    case 4:
      return `reverse reply ${macAddress(arp.targetMac)} at ${arp.targetIp}`;
    default:
      return "";
  }
}
