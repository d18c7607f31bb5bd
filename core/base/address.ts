/** Text of network addresses that lie in memory, in network byte order. */
import { HEX_BYTES } from "./bytes.ts";

/** Dotted text of the 4 bytes at `at`: `10.0.0.1`. */
export function ipv4Text(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

/** Colon-separated text of the 6 bytes at `at`: `02:00:00:00:00:0a`. */
export function macText(bytes: Uint8Array, at: number): string {
  let text = HEX_BYTES[bytes[at]!]!;
  for (let i = 1; i < 6; i++) text += `:${HEX_BYTES[bytes[at + i]!]!}`;
  return text;
}

/**
 * Text of the 16 bytes at `at` after RFC 5952: lowercase, no leading zeros, the longest run of two or more zero groups
 * (the first of equals) as `::`; IPv4-mapped addresses as `::ffff:10.0.0.1` (section 5).
 */
export function ipv6Text(bytes: Uint8Array, at: number): string {
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[at + 2 * i]! << 8) | bytes[at + 2 * i + 1]!);
  const zeros = longestZeroRun(groups);
  if (zeros.start === 0 && zeros.length === 5 && groups[5] === 0xffff) return `::ffff:${ipv4Text(bytes, at + 12)}`;
  const hex = groups.map((group) => group.toString(16));
  if (zeros.length < 2) return hex.join(":");
  return `${hex.slice(0, zeros.start).join(":")}::${hex.slice(zeros.start + zeros.length).join(":")}`;
}

function longestZeroRun(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 };
  let length = 0;
  groups.forEach((group, i) => {
    length = group === 0 ? length + 1 : 0;
    if (length > longest.length) longest = { start: i - length + 1, length };
  });
  return longest;
}
