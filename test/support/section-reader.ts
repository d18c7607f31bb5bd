/** Reads sections the way a run does: through the layout in the compiled hook and the codec that is generated from it. */
import { decode } from "cbor-x/decode";
import type { SectionData } from "../../core/api/event.ts";
import type { Section, TextContext, TextPiece } from "../../core/api/section.ts";
import type { KeyLookup, Lookup } from "../../core/api/wire.ts";
import { bytesFromHex } from "../../core/base/bytes.ts";
import { CborTarget } from "../../core/cbor/writer.ts";
import { paintFor } from "../../core/base/colour.ts";
import { compileSection } from "../../core/event/section-codec.ts";
import { WireBuffer } from "../../core/event/wire-buffer.ts";
import { readHookDeclarations } from "../../core/probe/hook-declarations.ts";

export interface SectionReader {
  /** The section's object for a payload in hexadecimal (spaces allowed); undefined when it cannot be read. */
  read(hex: string): SectionData | undefined;
  /** The same by way of CBOR. */
  readCbor(hex: string): unknown;
}

/**
 * @param collector name of the collector as in its directory
 * @param hook path of its compiled hook
 */
export function sectionReader(
  collector: string,
  hook: string,
  section: Section,
  lookups: Readonly<Record<string, Lookup>> = {},
  keyLookups: Readonly<Record<string, KeyLookup>> = {},
): SectionReader {
  const declared = readHookDeclarations(hook).sections;
  const layout = declared.get(`${collector.replaceAll("-", "_")}__section_${section.wire}`);
  const codec = compileSection({ section, layout, lookups, keyLookups, collector });
  return {
    read(hex) {
      const { buffer, size } = wireBuffer(hex);
      return codec.decode(buffer, 0, size);
    },
    readCbor(hex) {
      const { buffer, size } = wireBuffer(hex);
      const out = new Uint8Array(16_384);
      out[0] = 0xa1; // A map of one pair, as the codec writes key and value.
      const end = codec.write(buffer, 0, size, new CborTarget(out), 1);
      return (decode(out.subarray(0, end)) as Record<string, unknown>)[section.key];
    },
  };
}

function wireBuffer(hex: string): { readonly buffer: WireBuffer; readonly size: number } {
  const bytes = bytesFromHex(hex);
  const memory = new Uint8Array((bytes.length + 7) & ~7);
  memory.set(bytes);
  return { buffer: new WireBuffer(memory.buffer), size: bytes.length };
}

/** What a formatter gets in tests: no colour, multi-line. */
export function textContext(options: { readonly linkLayer?: boolean; readonly colour?: boolean } = {}): TextContext {
  const paint = paintFor({ isTTY: options.colour ?? false }, { TERM: "xterm" });
  return { linkLayer: options.linkLayer ?? false, multiLine: true, paint };
}

/** The only text of the section's pieces; empty when it has none. */
export function sectionText(section: Section, data: SectionData, context: TextContext = textContext()): string {
  const pieces: readonly TextPiece[] = section.format?.(data, context, { [section.key]: data }) ?? [];
  return pieces.map(({ text }) => text).join("|");
}
