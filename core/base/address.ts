/** The text of MAC, IPv4 and IPv6 addresses. */
import { HEX_BYTES } from "./bytes.ts";

/** Texts of the IPv4 addresses seen last; a trace repeats a few, and building the text is a large part of decoding. */
const recentIpv4 = new Map<number, string>();
const maxRecent = 4096;

/** Dotted text of an IPv4 address given as a 32-bit number: 0x0a000001 → `10.0.0.1`. */
export function ipv4Address(address: number): string {
  const recent = recentIpv4.get(address);
  if (recent !== undefined) return recent;
  if (recentIpv4.size === maxRecent) recentIpv4.clear();
  // join() gives one flat string, while concatenation would be flattened again in each packet's text.
  const text = [address >>> 24, (address >>> 16) & 0xff, (address >>> 8) & 0xff, address & 0xff].join(".");
  recentIpv4.set(address, text);
  return text;
}

/**
 * Text of an IPv6 address given as eight 16-bit groups, after RFC 5952: lowercase, no leading zeros, the longest run of
 * two or more zero groups (the first of equals) as `::`. IPv4-mapped addresses are `::ffff:10.0.0.1`; no other form is
 * dotted.
 */
export function ipv6Address(groups: ArrayLike<number>): string {
  const zeros = longestZeroRun(groups);
  if (zeros.start === 0 && zeros.length === 5 && groups[5] === 0xffff) {
    return `::ffff:${ipv4Address(((groups[6]! << 16) | groups[7]!) >>> 0)}`;
  }
  let text = "";
  for (let i = 0; i < 8; i++) {
    if (i === zeros.start) {
      text += "::";
      i += zeros.length - 1;
    } else {
      text += i === 0 || i === zeros.start + zeros.length ? groups[i]!.toString(16) : `:${groups[i]!.toString(16)}`;
    }
  }
  return text;
}

/** The zero groups that `::` replaces; a start of -1 when there is no run of at least two. */
function longestZeroRun(groups: ArrayLike<number>): { readonly start: number; readonly length: number } {
  let start = -1;
  let length = 1;
  for (let i = 0, run = 0; i < 8; i++) {
    run = groups[i] === 0 ? run + 1 : 0;
    if (run > length) {
      length = run;
      start = i - run + 1;
    }
  }
  return start < 0 ? { start, length: 0 } : { start, length };
}

/** Colon-separated text of a MAC address given as a 48-bit number: 0x02000000000a → `02:00:00:00:00:0a`. */
export function macAddress(address: number): string {
  return `${macHalf(Math.floor(address / 0x100_0000))}:${macHalf(address % 0x100_0000)}`;
}

function macHalf(half: number): string {
  return `${HEX_BYTES[half >>> 16]!}:${HEX_BYTES[(half >>> 8) & 0xff]!}:${HEX_BYTES[half & 0xff]!}`;
}

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

/** Text of the 16 bytes at `at`, see {@link ipv6Address}. */
export function ipv6Text(bytes: Uint8Array, at: number): string {
  return ipv6Address(Array.from({ length: 8 }, (_, i) => (bytes[at + 2 * i]! << 8) | bytes[at + 2 * i + 1]!));
}
