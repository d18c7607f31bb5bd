import type { DecodeState } from "./decode-state.ts";
import { readSctpChunk, type SctpChunk, sctpChunkText } from "./sctp-chunk.ts";

export interface SctpLayer {
  readonly layer: "sctp";
  readonly srcPort: number;
  readonly dstPort: number;
  readonly verificationTag: number;
  readonly chunks: readonly SctpChunk[];
}

const HEADER_LENGTH = 12;

/**
 * SCTP, RFC 9260 section 3.
 *
 *     | source port:16 | destination port:16 |
 *     |         verification tag:32          |
 *     |             checksum:32              |
 *     |  chunks, each padded to 4 bytes      |
 */
export function decodeSctp(state: DecodeState): SctpLayer | undefined {
  const { cursor } = state;
  if (!cursor.has(HEADER_LENGTH)) return state.cutTransport("sctp");
  const srcPort = cursor.u16();
  const dstPort = cursor.u16();
  const verificationTag = cursor.u32();
  cursor.skip(4);
  return { layer: "sctp", srcPort, dstPort, verificationTag, chunks: readChunks(state) };
}

/** Each chunk takes at least four bytes, so their number is bounded by the capture. */
function readChunks(state: DecodeState): readonly SctpChunk[] {
  const { cursor } = state;
  const chunks: SctpChunk[] = [];
  let left = state.payloadLength - HEADER_LENGTH;
  while (cursor.has(4)) {
    const chunk = readSctpChunk(cursor);
    if (chunk === undefined) {
      state.truncated("sctp");
      return chunks;
    }
    chunks.push(chunk);
    left -= chunk.paddedLength;
  }
  if (left > 0) state.truncated("sctp");
  return chunks;
}

export function sctpText(sctp: SctpLayer): string {
  let text = ` vtag 0x${sctp.verificationTag.toString(16)}`;
  for (const chunk of sctp.chunks) text += ` [${sctpChunkText(chunk)}]`;
  return text;
}
