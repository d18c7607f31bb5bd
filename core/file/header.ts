import type { Event, U64 } from "../api/event.ts";

/** Tag 55799, "self-described CBOR" (RFC 8949 section 3.4.6): the first three bytes of every file of the CBOR form. */
export const selfDescribedTag: Uint8Array = Uint8Array.of(0xd9, 0xd9, 0xf7);

/** Version of the CBOR form; raised when an older reader could no longer read the file. */
export const formatVersion = 1;

/** Key whose presence marks the first item of our files; its value is the format version. */
export const formatKey = "retis-events";

/** Keys that the first item may have. */
export const headerKeys: readonly string[] = [formatKey, "common", "startup", "host", "schema", "series", "clock"];

/** The `startup` section: who wrote the file, where and with which clock offset. */
export interface Startup {
  /** `v1.7.0+retis-0.1.0`: the level of the JSON form that we write, then our own version. */
  readonly retis_version: string;
  /** Full command line, joined with spaces. */
  readonly cmdline: string;
  /** CLOCK_REALTIME minus CLOCK_MONOTONIC; `nsec` is 0 … 999,999,999. */
  readonly clock_monotonic_offset: { readonly sec: U64; readonly nsec: number };
  /** `uname -r`, `-v` and `-m`. */
  readonly machine: {
    readonly kernel_release: string;
    readonly kernel_version: string;
    readonly hardware_name: string;
  };
  /** Only in rotated files: number of this part from 0 and the size limit in bytes. */
  readonly split_file?: SplitFile;
}

/** Section `clock`: from `since` (CLOCK_MONOTONIC, nanoseconds) on, another offset holds, by `step` nanoseconds larger. */
export interface ClockChanges {
  readonly changes: readonly ClockChange[];
}

export interface ClockChange {
  readonly since: U64;
  readonly clock_monotonic_offset: { readonly sec: U64; readonly nsec: number };
  readonly step: U64;
}

/** Position of a part among the parts of a rotated file. */
export interface SplitFile {
  readonly id: number;
  readonly policy: { readonly kind: string; readonly limit: U64 };
}

/** What the first item of a file says: the startup event and, beside it, facts about the file. */
export interface FileHeader {
  /** Time at which the file (or part) was begun, CLOCK_MONOTONIC nanoseconds. */
  readonly common: { readonly timestamp: U64 };
  readonly startup: Startup;
  /** How the wall clock was changed before the file (or part) was begun, or in all recordings of a sorted file. */
  readonly clock?: ClockChanges;
  /** Name of the host that recorded. */
  readonly host?: string;
  /** JSON schema (draft 2020-12) of an event with the sections that may occur in the file. */
  readonly schema?: Readonly<Record<string, unknown>>;
}

/** First item of a part, ready to be encoded. Events of a sorted file are in series, one array each. */
export function headerItem(header: FileHeader, options: { readonly series?: boolean; readonly split?: SplitFile | undefined }): Event {
  const { common, startup, clock, host, schema } = header;
  const item = {
    [formatKey]: formatVersion,
    common,
    startup: options.split ? { ...startup, split_file: options.split } : startup,
    ...(clock === undefined ? {} : { clock }),
    ...(options.series ? { series: true } : {}),
    ...(host === undefined ? {} : { host }),
    ...(schema === undefined ? {} : { schema }),
  };
  return item as unknown as Event;
}

/** The startup event of a header item: the item without the facts about the file. */
export function startupEvent(item: Readonly<Record<string, unknown>>): Event {
  const { [formatKey]: _version, series: _series, host: _host, schema: _schema, ...event } = item;
  return event as Event;
}
