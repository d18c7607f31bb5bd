import type { ByteCursor } from "../base/bytes.ts";

interface ChunkHeader {
  readonly type: number;
  readonly flags: number;
  /** Bytes that the chunk takes, header and padding included; at least 4. */
  readonly paddedLength: number;
}

interface DataChunk extends ChunkHeader {
  readonly chunk: "data";
  readonly tsn: number;
  readonly streamId: number;
  readonly streamSequence: number;
  readonly payloadProtocol: number;
}

interface InitChunk extends ChunkHeader {
  /** INIT or INIT_ACK, by `type`. */
  readonly chunk: "init";
  readonly initiateTag: number;
  /** Receive window in bytes. */
  readonly window: number;
  readonly outStreams: number;
  readonly inStreams: number;
  readonly initialTsn: number;
}

interface SackChunk extends ChunkHeader {
  readonly chunk: "sack";
  readonly cumulativeTsn: number;
  /** Receive window in bytes. */
  readonly window: number;
  readonly gapBlocks: number;
  readonly duplicateTsns: number;
}

interface OtherChunk extends ChunkHeader {
  readonly chunk: "other";
}

/** A chunk, tagged by what is known of its value. */
export type SctpChunk = DataChunk | InitChunk | SackChunk | OtherChunk;

/** RFC 9260 section 3.2; 12 and 13 are reserved there for ECN. */
const NAMES: readonly string[] = [
  "DATA",
  "INIT",
  "INIT_ACK",
  "SACK",
  "HEARTBEAT",
  "HEARTBEAT_ACK",
  "ABORT",
  "SHUTDOWN",
  "SHUTDOWN_ACK",
  "ERROR",
  "COOKIE_ECHO",
  "COOKIE_ACK",
  "ECNE",
  "CWR",
  "SHUTDOWN_COMPLETE",
];

/**
 * The next chunk, RFC 9260 section 3.2; undefined when its value is shorter than its type demands. The cursor must
 * have four bytes.
 *
 *     | type:8 | flags:8 | length:16, header counted, padding not | value |
 */
export function readSctpChunk(cursor: ByteCursor): SctpChunk | undefined {
  const type = cursor.u8();
  const flags = cursor.u8();
  const length = cursor.u16();
  const paddedLength = Math.max((length + 3) & ~3, 4);
  const value = cursor.take(paddedLength - 4);
  value.limit(value.offset + Math.max(length - 4, 0));
  return readValue({ type, flags, paddedLength }, value);
}

function readValue(header: ChunkHeader, value: ByteCursor): SctpChunk | undefined {
  switch (header.type) {
    case 0:
      return value.has(12) ? { ...header, ...readData(value) } : undefined;
    case 1:
    case 2:
      return value.has(16) ? { ...header, ...readInit(value) } : undefined;
    case 3:
      return value.has(12) ? { ...header, ...readSack(value) } : undefined;
    default:
      return { ...header, chunk: "other" };
  }
}

/** `| TSN:32 | stream id:16 | stream sequence:16 | payload protocol:32 |`, RFC 9260 section 3.3.1. */
function readData(value: ByteCursor) {
  return {
    chunk: "data",
    tsn: value.u32(),
    streamId: value.u16(),
    streamSequence: value.u16(),
    payloadProtocol: value.u32(),
  } as const;
}

/** `| initiate tag:32 | window:32 | outbound streams:16 | inbound streams:16 | TSN:32 |`, RFC 9260 section 3.3.2. */
function readInit(value: ByteCursor) {
  return {
    chunk: "init",
    initiateTag: value.u32(),
    window: value.u32(),
    outStreams: value.u16(),
    inStreams: value.u16(),
    initialTsn: value.u32(),
  } as const;
}

/** `| cumulative TSN:32 | window:32 | gap blocks:16 | duplicate TSNs:16 |`, RFC 9260 section 3.3.4. */
function readSack(value: ByteCursor) {
  return {
    chunk: "sack",
    cumulativeTsn: value.u32(),
    window: value.u32(),
    gapBlocks: value.u16(),
    duplicateTsns: value.u16(),
  } as const;
}

/** A chunk's text without its brackets. */
export function sctpChunkText(chunk: SctpChunk): string {
  const name = NAMES[chunk.type] ?? `UNKNOWN:${chunk.type}`;
  switch (chunk.chunk) {
    case "data":
      return (
        `${name}${dataFlagsText(chunk.flags)} TSN ${chunk.tsn} SID ${chunk.streamId} ` +
        `SSEQ ${chunk.streamSequence} PPID 0x${chunk.payloadProtocol.toString(16)}`
      );
    case "init":
      return (
        `${name} init_tag 0x${chunk.initiateTag.toString(16)} rwnd ${chunk.window} ` +
        `OS ${chunk.outStreams} MIS ${chunk.inStreams} init_TSN ${chunk.initialTsn}`
      );
    case "sack":
      return (
        `${name} cum_ack ${chunk.cumulativeTsn} a_rwnd ${chunk.window} ` + `#gap_acks ${chunk.gapBlocks} #dup_tsns ${chunk.duplicateTsns}`
      );
    case "other":
      return name;
  }
}

/** Unordered, beginning and ending fragment. */
function dataFlagsText(flags: number): string {
  const letters = `${flags & 4 ? "U" : ""}${flags & 2 ? "B" : ""}${flags & 1 ? "E" : ""}`;
  return letters === "" ? "" : ` (${letters})`;
}
