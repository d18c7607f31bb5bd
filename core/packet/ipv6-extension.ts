import type { ByteCursor } from "../base/bytes.ts";
import { IP_PROTOCOL } from "./ip-protocol.ts";

export interface Ipv6Extension {
  /** The header's own number: 0 hop-by-hop options, 43 routing, 44 fragment, … */
  readonly protocol: number;
  /** The number of what follows it. */
  readonly nextHeader: number;
  /** Length of the header in bytes, as the header gives it. */
  readonly length: number;
  /** Only in a fragment header; `offset` is in bytes. */
  readonly fragment?: { readonly offset: number; readonly more: boolean; readonly id: number };
}

/** AH and ESP are missing on purpose: they say something worth showing and are layers of their own. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [IP_PROTOCOL.hopByHop, "Hopopt"],
  [IP_PROTOCOL.routing, "Ipv6Route"],
  [IP_PROTOCOL.fragment, "Ipv6Frag"],
  [IP_PROTOCOL.destinationOptions, "Ipv6Opts"],
  [IP_PROTOCOL.mobility, "MobilityHeader"],
  [IP_PROTOCOL.hip, "Hip"],
  [IP_PROTOCOL.shim6, "Shim6"],
  [IP_PROTOCOL.experiment1, "Test1"],
  [IP_PROTOCOL.experiment2, "Test2"],
]);

export function isIpv6Extension(protocol: number): boolean {
  return NAMES.has(protocol);
}

export function extensionName(extension: Ipv6Extension): string {
  return NAMES.get(extension.protocol) ?? String(extension.protocol);
}

/**
 * One extension header, RFC 8200 section 4 and RFC 6564; undefined when its first eight bytes are not there. A body that
 * is longer than the rest of the packet leaves the cursor at the end.
 *
 *     | next header:8 | length:8, in 8 bytes, the first not counted | data |
 *
 * The fragment header has a fixed length (RFC 8200 section 4.5):
 *
 *     | next header:8 | 0:8 | offset:13, in 8 bytes | 0:2 | M:1 | id:32 |
 */
export function readIpv6Extension(cursor: ByteCursor, protocol: number): Ipv6Extension | undefined {
  if (!cursor.has(8)) return undefined;
  const nextHeader = cursor.u8();
  const second = cursor.u8();
  if (protocol === IP_PROTOCOL.fragment) {
    const offset = cursor.u16();
    const fragment = { offset: offset & 0xfff8, more: (offset & 1) !== 0, id: cursor.u32() };
    return { protocol, nextHeader, length: 8, fragment };
  }
  const length = (second + 1) * 8;
  cursor.skip(length - 2);
  return { protocol, nextHeader, length };
}
