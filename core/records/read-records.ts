/** Reads files of raw records. Whatever is in a file, reading it ends with what could be read, or with an error that says why not. */
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { eventFileNotRead, notARecordsFile } from "../base/errors.ts";
import { decodeItem } from "../cbor/decode-item.ts";
import { ItemError } from "../cbor/item-error.ts";
import { RecordedAnswers } from "./answer-log.ts";
import { maxFileBytes, maxRecordBytes, type RecordsHeader, recordsFormat, recordsVersion } from "./records-format.ts";

/** A file that was read. */
export interface SavedRecords {
  readonly path: string;
  readonly header: RecordsHeader;
  readonly answers: RecordedAnswers;
  readonly records: readonly Uint8Array[];
  /** Why the file was not read to its end; undefined when it was. */
  readonly damage: string | undefined;
}

const byte = Type.Integer({ minimum: 0, maximum: 255 });
const offset = Type.Integer({ minimum: 0, maximum: 0xffff });

const member = Type.Recursive((self) =>
  Type.Object({
    name: Type.Optional(Type.String()),
    offset: Type.Optional(offset),
    kind: Type.String(),
    size: offset,
    signed: Type.Boolean(),
    values: Type.Optional(Type.Record(Type.String(), Type.Number())),
    element: Type.Optional(self),
    length: Type.Optional(offset),
    members: Type.Optional(Type.Array(self)),
    bitOffset: Type.Optional(Type.Integer({ minimum: 0, maximum: 7 })),
    bitSize: Type.Optional(Type.Integer({ minimum: 1, maximum: 64 })),
  }),
);

/** What {@link RecordsHeader} promises, as codecs are made from it. */
const headerSchema = Type.Object({
  format: Type.Literal(recordsFormat),
  version: Type.Literal(recordsVersion),
  retis_version: Type.String(),
  cmdline: Type.String(),
  machine: Type.Object({ kernel_release: Type.String(), kernel_version: Type.String(), hardware_name: Type.String() }),
  section_header: Type.Object({ bytes: Type.Union([Type.Literal(8), Type.Literal(16)]), size_offset: offset, owner_offset: offset }),
  collectors: Type.Array(Type.Object({ name: Type.String(), options: Type.Record(Type.String(), Type.Unknown()) })),
  sections: Type.Array(
    Type.Object({
      owner: byte,
      collector: Type.String(),
      key: Type.String(),
      layout: Type.Optional(Type.Object({ name: Type.String(), size: offset, members: Type.Array(member) })),
    }),
  ),
});

/** @throws TraceError `NOT_RECORDS`, `FILE_READ` */
export function readRecords(path: string): SavedRecords {
  return parseRecords(path, readWhole(path));
}

function readWhole(path: string): Uint8Array {
  try {
    const descriptor = openSync(path, "r");
    try {
      if (fstatSync(descriptor).size > maxFileBytes) throw new Error(`it is larger than ${maxFileBytes} bytes`);
      return readFileSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    throw eventFileNotRead(path, cause);
  }
}

/** @throws TraceError `NOT_RECORDS` when it does not begin as such a file does */
export function parseRecords(path: string, bytes: Uint8Array): SavedRecords {
  const { header, end } = readHeader(path, bytes);
  const answers = new RecordedAnswers();
  const records: Uint8Array[] = [];
  const damage = readItems(bytes, end, (item) => {
    if (item instanceof Uint8Array && item.length <= maxRecordBytes) records.push(item);
    else if (isAnswer(item)) answers.add(item);
    else throw new ItemError("malformed", "an item is neither a record nor an answer");
  });
  return { path, header, answers, records, damage };
}

function readHeader(path: string, bytes: Uint8Array): { readonly header: RecordsHeader; readonly end: number } {
  let value: unknown;
  let end: number;
  try {
    ({ value, end } = decodeItem(bytes, 0, bytes.length));
  } catch (error) {
    if (error instanceof ItemError) throw notARecordsFile(path, error.message);
    throw error;
  }
  const { format, version } = Object(value) as Record<string, unknown>;
  if (format !== recordsFormat) throw notARecordsFile(path, "it does not begin with the header of one");
  if (version !== recordsVersion) throw notARecordsFile(path, `it has version ${String(version)}, and this retis reads ${recordsVersion}`);
  const fault = Value.Errors(headerSchema, value).First();
  if (fault) throw notARecordsFile(path, `its header is damaged at ${fault.path}: ${fault.message}`);
  return { header: value as RecordsHeader, end };
}

function readItems(bytes: Uint8Array, start: number, take: (item: unknown) => void): string | undefined {
  let at = start;
  while (at < bytes.length) {
    try {
      const { value, end } = decodeItem(bytes, at, bytes.length);
      take(value);
      at = end;
    } catch (error) {
      if (error instanceof ItemError) return `at byte ${at}: ${error.message}`;
      throw error;
    }
  }
  return undefined;
}

function isAnswer(item: unknown): item is [string, readonly unknown[], unknown?] {
  return Array.isArray(item) && (item.length === 2 || item.length === 3) && typeof item[0] === "string" && Array.isArray(item[1]);
}
