/**
 * A file of raw records: what BPF programs sent, byte by byte, with what is needed to decode it again elsewhere. A CBOR sequence
 * (RFC 8742): the header, then records (byte strings) and answers (arrays) in the order of the run. See docs/file-format.md.
 */
import type { StructLayout } from "../api/layout.ts";

export const recordsFormat = "retis-records";
export const recordsVersion = 1;

/** Bytes of a record: those that the ring takes at most (RETIS_RECORD_BYTES is far below), whatever a damaged file says. */
export const maxRecordBytes = 1 << 16;
/** Bytes of a file that is written, and of one that is read. */
export const maxFileBytes = 1 << 30;

/** A section as the run numbered it. */
export interface RecordedSection {
  /** Number in the headers of sections, 1-255. */
  readonly owner: number;
  /** `core`, or the name of a collector. */
  readonly collector: string;
  readonly key: string;
  /** Layout of the section's C struct, from BTF; absent for one that has a decoder of its own and no struct. */
  readonly layout?: StructLayout;
}

export interface RecordedCollector {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The first item of the file. */
export interface RecordsHeader {
  readonly format: typeof recordsFormat;
  readonly version: typeof recordsVersion;
  readonly retis_version: string;
  readonly cmdline: string;
  /** Wall clock minus CLOCK_MONOTONIC at the start, nanoseconds, as in event files. */
  readonly clock_monotonic_offset: unknown;
  readonly machine: { readonly kernel_release: string; readonly kernel_version: string; readonly hardware_name: string };
  /** `struct retis_section_header` of the programs that made the records. */
  readonly section_header: { readonly bytes: number; readonly size_offset: number; readonly owner_offset: number };
  readonly collectors: readonly RecordedCollector[];
  readonly sections: readonly RecordedSection[];
}

/**
 * What the host answered while the run went on: `[question, arguments]` when there was no answer, or `[question, arguments, answer]`.
 * Questions are names such as `kernel.enumValues` of {@link Host}, and those of core: `symbol`, `probe_type`, `path` of a probe by
 * its id, `COLLECTOR lookup NAME` of the lookups of plans, `frames` of a list of addresses, `location` of an address. Addresses are hexadecimal texts.
 */
export type RecordedAnswer = readonly [question: string, key: readonly unknown[], answer?: unknown];
