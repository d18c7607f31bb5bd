const padding = 0x3d;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** By byte, the number that it is in base64 (RFC 4648 section 4); 255 for other bytes. */
const numbers = new Uint8Array(256).fill(255);
for (let i = 0; i < alphabet.length; i++) numbers[alphabet.charCodeAt(i)] = i;

/** Whether `bytes[start]` … `bytes[end - 1]` is base64: padded, without blanks, and with no bits in what is padded. */
export function isBase64(bytes: Uint8Array, start: number, end: number): boolean {
  if ((end - start) % 4 !== 0) return false;
  if (end === start) return true;
  const padded = bytes[end - 1] !== padding ? 0 : bytes[end - 2] !== padding ? 1 : 2;
  const last = end - padded;
  for (let at = start; at < last; at++) if (numbers[bytes[at]!] === 255) return false;
  return (numbers[bytes[last - 1]!]! & ((1 << (2 * padded)) - 1)) === 0;
}
