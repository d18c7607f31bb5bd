/** Reading addresses from a packet. */
import { ipv4Address, ipv6Address } from "../base/address.ts";
import type { ByteCursor } from "../base/bytes.ts";

/** Text of an IPv4 address (4 bytes). */
export function readIpv4(cursor: ByteCursor): string {
  return ipv4Address(cursor.u32());
}

/** Text of an IPv6 address (16 bytes). */
export function readIpv6(cursor: ByteCursor): string {
  const groups = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < 8; i++) groups[i] = cursor.u16();
  return ipv6Address(groups);
}
