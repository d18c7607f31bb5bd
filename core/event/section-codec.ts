/** The two functions of a section, generated once at start: payload → object and payload → CBOR (design D2, D7). */
import type { SectionData } from "../api/event.ts";
import { u64FromHalves } from "../api/event.ts";
import type { StructLayout } from "../api/layout.ts";
import type { Section } from "../api/section.ts";
import type { FrameLookup, KeyLookup, LocationLookup, Lookup } from "../api/wire.ts";
import { ipv4Text, ipv6Text, macText } from "../base/address.ts";
import { compileFunction } from "../base/generated-code.ts";
import { type CborTarget, writeHead, writeHead64, writeSigned, writeSigned64, writeText, writeValue } from "../cbor/writer.ts";
import { bindSection } from "./bind-section.ts";
import { decodeCode, type GeneratedCode } from "./decode-code.ts";
import type { EnumSource } from "./property-context.ts";
import { i64FromHalves } from "./integer-64.ts";
import { cString, writeBytes, writeCString, writeIpv4, writeWords } from "./payload-text.ts";
import type { WireBuffer } from "./wire-buffer.ts";
import { writeCode } from "./write-code.ts";

/** Result of a writer: the section cannot be read. */
export const badSection = -1;
/** Result of a writer: the target has not enough room. */
export const noRoom = -2;

/**
 * Reads the payload of one section: `size` bytes at `at` in the buffer, `at` a multiple of 8. Nothing of the buffer is
 * kept. Both functions throw only if a lookup or the section's own decoder does.
 */
export interface SectionCodec {
  readonly key: string;
  /** The section's object; undefined when it cannot be read. */
  decode(buffer: WireBuffer, at: number, size: number): SectionData | undefined;
  /**
   * Writes key and value, an entry of the map of an event.
   *
   * @returns the position after them, {@link badSection} or {@link noRoom}; what is after the position is undefined
   */
  write(buffer: WireBuffer, at: number, size: number, target: CborTarget, position: number): number;
}

/** What a section's codec is made from. */
export interface CodecSource {
  readonly section: Section;
  /** Layout of the section's struct; not needed for a section with its own decoder. */
  readonly layout: StructLayout | undefined;
  /** `Plan.lookups` of the collector. */
  readonly lookups?: Readonly<Record<string, Lookup>>;
  /** `Plan.keyLookups` of the collector. */
  readonly keyLookups?: Readonly<Record<string, KeyLookup>>;
  /** Turns stacks into text; only for sections of core. */
  readonly frames?: FrameLookup | undefined;
  /** Turns addresses of code into text; by default into nothing but hexadecimal numbers. */
  readonly locations?: LocationLookup;
  /** Enums of the running kernel; by default none. */
  readonly enums?: EnumSource;
  /** Name of the collector, for messages. */
  readonly collector: string;
}

/** @throws TraceError `SECTION_MISMATCH` when schema and struct disagree or a lookup is missing */
export function compileSection(source: CodecSource): SectionCodec {
  const {
    section,
    layout,
    collector,
    lookups = {},
    keyLookups = {},
    frames,
    locations = (address) => `0x${address.toString(16)}`,
    enums = () => undefined,
  } = source;
  if (section.decode !== undefined) return ownCodec(section.key, section.decode);
  if (layout === undefined) throw new TypeError(`Cannot compile section "${section.key}": it has neither a struct nor a decoder`);
  const bound = bindSection({ collector, section, layout, lookups, keyLookups, frames, locations, enums });
  return {
    key: section.key,
    decode: generate<SectionCodec["decode"]>(`${section.key}-decode`, "buffer, at, size", decodeCode(bound)),
    write: generate<SectionCodec["write"]>(`${section.key}-write`, "buffer, at, size, target, position", writeCode(bound)),
  };
}

/** Functions that generated code calls by these names. */
const called = {
  ...{ u64: u64FromHalves, i64: i64FromHalves, cString, ipv4Text, ipv6Text, macText },
  ...{ writeHead, writeHead64, writeSigned, writeSigned64, writeText, writeIpv4, writeCString, writeBytes, writeWords },
};

function generate<T>(name: string, parameters: string, { source, tables }: GeneratedCode): T {
  const body = `"use strict"; return function (${parameters}) {\n${source}\n};`;
  const make = compileFunction<(...values: readonly unknown[]) => T>(name, [...Object.keys(called), "tables"], body);
  return make(...Object.values(called), tables);
}

/** A section with its own decoder: its objects are written by their values. */
function ownCodec(key: string, decode: NonNullable<Section["decode"]>): SectionCodec {
  const decodePayload = (buffer: WireBuffer, at: number, size: number) => {
    const data: unknown = decode(buffer.u8.subarray(at, at + size));
    // Of a third party it may be anything, and only an object can be a section.
    return typeof data === "object" && data !== null && !Array.isArray(data) && !(data instanceof Promise)
      ? (data as SectionData)
      : undefined;
  };
  return {
    key,
    decode: decodePayload,
    write(buffer, at, size, target, position) {
      const data = decodePayload(buffer, at, size);
      if (data === undefined) return badSection;
      const end = writeValue(target.bytes, writeText(target.bytes, position, key), data);
      return end > target.bytes.length ? noRoom : end;
    },
  };
}
