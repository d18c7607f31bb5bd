/**
 * Blocks of a pcapng file (draft-ietf-opsawg-pcapng), as bytes in little-endian order. Every block is
 *
 *     u32 type, u32 total length, body padded to 4 bytes, u32 total length
 *
 * ("General Block Structure"), and options at the end of a body are `u16 code, u16 length, value padded to 4 bytes`,
 * closed by an option of code 0 ("Options"). A block without options has no such closing.
 */

/** Longest value of an option: its length is a u16. */
export const maxOptionLength = 0xffff;

/** Most bytes of a packet that are written; Wireshark refuses files that claim more. */
export const snapLength = 262_144;

/** Link type of Ethernet frames (registry "LINKTYPEs", draft-ietf-opsawg-pcaplinktype). */
const linkTypeEthernet = 1;

export const blockTypes = { sectionHeader: 0x0a0d0d0a, interfaceDescription: 1, enhancedPacket: 6, custom: 0xbad } as const;

/** Option codes of all blocks, then those of each block under its own name. */
export const optionCodes = {
  ...{ comment: 1, customText: 2988 },
  ...{ hardware: 2, operatingSystem: 3, application: 4 },
  ...{ interfaceName: 2, interfaceDescription: 3, timestampResolution: 9 },
} as const;

interface PcapngOption {
  readonly code: number;
  /** At most {@link maxOptionLength} bytes. */
  readonly value: Uint8Array;
}

/** Where the packets come from, for the section header. */
export interface CaptureOrigin {
  /** The machine, e.g. `x86_64`. */
  readonly hardware: string;
  readonly operatingSystem: string;
  /** The program that recorded. */
  readonly application: string;
}

/** One captured packet. */
export interface CapturedPacket {
  /** Number of the interface, counted from 0 in the order of their descriptions. */
  readonly interfaceId: number;
  /** Nanoseconds since 1970, 0 … 2^64-1. */
  readonly time: bigint;
  /** At most {@link snapLength} bytes. */
  readonly data: Uint8Array;
  /** Length of the packet before it was cut, in bytes. */
  readonly originalLength: number;
}

/** "Section Header Block", version 1.0, its length left open. What of the origin is too long for an option is left out. */
export function sectionHeader({ hardware, operatingSystem, application }: CaptureOrigin): Uint8Array {
  const byteOrderMagic = 0x1a2b3c4d;
  const version = 1;
  const options = [
    textOption(optionCodes.hardware, hardware),
    textOption(optionCodes.operatingSystem, operatingSystem),
    textOption(optionCodes.application, application),
  ];
  return block(blockTypes.sectionHeader, [byteOrderMagic, version, 0xffff_ffff, 0xffff_ffff], nothing, options.filter(isOption));
}

/**
 * "Interface Description Block" of an Ethernet interface with times in nanoseconds. A name that is too long for an
 * option is left out.
 */
export function interfaceDescription(name: string, description: string): Uint8Array {
  const nanoseconds = Uint8Array.of(9);
  const options = [
    textOption(optionCodes.interfaceName, name),
    textOption(optionCodes.interfaceDescription, description),
    { code: optionCodes.timestampResolution, value: nanoseconds },
  ];
  return block(blockTypes.interfaceDescription, [linkTypeEthernet, snapLength], nothing, options.filter(isOption));
}

/** "Custom Block" that tools may copy to other files. @param enterprise Private Enterprise Number, says whose block it is */
export function customBlock(enterprise: number, data: Uint8Array): Uint8Array {
  return block(blockTypes.custom, [enterprise], data, []);
}

const nothing = new Uint8Array(0);

function textOption(code: number, text: string): PcapngOption | undefined {
  const value = Buffer.from(text);
  return value.length <= maxOptionLength ? { code, value } : undefined;
}

function isOption(option: PcapngOption | undefined): option is PcapngOption {
  return option !== undefined;
}

/** @param words the body's fixed fields as u32s; two u16s are the low and the high half of one */
function block(type: number, words: readonly number[], data: Uint8Array, options: readonly PcapngOption[]): Uint8Array {
  const size = 12 + words.length * 4 + padded(data.length) + optionsSize(options);
  const bytes = Buffer.alloc(size);
  let at = 0;
  for (const word of [type, size, ...words]) at = bytes.writeUInt32LE(word, at);
  bytes.set(data, at);
  writeOptions(bytes, at + padded(data.length), options);
  bytes.writeUInt32LE(size, size - 4);
  return bytes;
}

function optionsSize(options: readonly PcapngOption[]): number {
  const end = options.length > 0 ? 4 : 0;
  return options.reduce((size, { value }) => size + 4 + padded(value.length), end);
}

/** The closing option is all zeros, as are the bytes that it falls on. */
function writeOptions(bytes: Buffer, start: number, options: readonly PcapngOption[]): void {
  let at = start;
  for (const { code, value } of options) {
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt16LE(value.length, at + 2);
    bytes.set(value, at + 4);
    at += 4 + padded(value.length);
  }
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
