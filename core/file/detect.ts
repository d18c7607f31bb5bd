import { selfDescribedTag } from "./header.ts";
import { zstdMagic } from "./zstd-source.ts";

/** Number of bytes that {@link detectContent} needs. */
export const detectLength = 16;

/** What a file is by its first bytes; `foreign` says what it looks like. */
export type Content = { readonly kind: "cbor" | "json" | "zstd" } | { readonly kind: "foreign"; readonly found: string };

/** The bytes of the number of a skippable frame after the first one. */
const skippableMagicEnd = Uint8Array.of(0x2a, 0x4d, 0x18);

/** Well-known formats that are not ours, by their first bytes. */
const foreignFormats: readonly (readonly [hex: string, found: string])[] = [
  ["1f8b", "it is compressed with gzip, uncompress it first"],
  ["fd377a585a00", "it is compressed with xz, uncompress it first"],
  ["0a0d0d0a", "it is a pcapng capture, not an event file"],
  ["d4c3b2a1", "it is a pcap capture, not an event file"],
  ["a1b2c3d4", "it is a pcap capture, not an event file"],
  ["4d3cb2a1", "it is a pcap capture, not an event file"],
  ["a1b23c4d", "it is a pcap capture, not an event file"],
  ["7f454c46", "it is an executable or object file, not an event file"],
];

/** The form of a file by its first {@link detectLength} bytes (fewer when the file is shorter). */
export function detectContent(first: Uint8Array): Content {
  if (first.length === 0) return { kind: "foreign", found: "it is empty" };
  if (startsWith(first, zstdMagic) || isSkippableFrame(first)) return { kind: "zstd" };
  if (startsWith(first, selfDescribedTag)) return { kind: "cbor" };
  const text = Buffer.from(first).toString("latin1");
  if (/^\s*[{[]/.test(text)) return { kind: "json" };
  const hex = Buffer.from(first).toString("hex");
  const known = foreignFormats.find(([magic]) => hex.startsWith(magic));
  if (known) return { kind: "foreign", found: known[1] };
  const shown = /^[\x20-\x7e\s]+$/.test(text) ? JSON.stringify(text) : `the bytes ${hex}`;
  return { kind: "foreign", found: `it is not an event file: it begins with ${shown}` };
}

/** A frame of zstd with data of others, which may come first (RFC 8878 section 3.1.2): its number ends in any half byte. */
function isSkippableFrame(first: Uint8Array): boolean {
  return first.length >= 4 && (first[0]! & 0xf0) === 0x50 && startsWith(first.subarray(1), skippableMagicEnd);
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return bytes.length >= start.length && start.every((byte, index) => bytes[index] === byte);
}
