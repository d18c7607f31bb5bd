/**
 * A collector as one file, NAME-VERSION.retis-collector: a compressed archive of TypeScript, objects and a manifest. Reading one runs
 * nothing of it.
 */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { notPacked, reasonOf } from "../base/errors.ts";
import { type Files, pathFault, readTar, writeTar } from "./tar-file.ts";

export const manifestFile = "manifest.json";
export const packedFormat = 1;

/** Bytes of the file, and of what is in it. */
const maxPackedBytes = 16 << 20;
const maxFileBytes = 64 << 20;

const kebabCase = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$";
const shortText = Type.String({ maxLength: 500 });

const manifestSchema = Type.Object({
  format: Type.Literal(packedFormat),
  name: Type.String({ pattern: kebabCase, maxLength: 100 }),
  /** Of the collector, as in its package.json (semver.org). */
  version: Type.String({ pattern: "^\\d+\\.\\d+\\.\\d+([-+][0-9A-Za-z.+-]+)?$", maxLength: 100 }),
  summary: shortText,
  /** An SPDX expression. */
  license: shortText,
  /** Version of the collector API that it was written for. */
  api: shortText,
  /** What it looks for in the kernel; for people. */
  kernel: Type.Object({ probes: Type.Array(shortText), types: Type.Array(shortText) }),
  /** The module to import. */
  entry: Type.String(),
  /** What imports lead to, by importing file and specifier: nothing is looked for by other rules. */
  imports: Type.Record(Type.String(), Type.Record(Type.String(), Type.String())),
  files: Type.Record(Type.String(), Type.Object({ size: Type.Integer({ minimum: 0 }), sha256: Type.String() })),
});

export type Manifest = Static<typeof manifestSchema>;

/** A packed collector that was read and checked. */
export interface PackedCollector {
  readonly manifest: Manifest;
  /** All files but the manifest, as that lists them. */
  readonly files: Files;
  /** Of the whole packed file, hexadecimal. */
  readonly sha256: string;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The bytes of a packed collector: the same for the same files and manifest. */
export function packFiles(manifest: Omit<Manifest, "format" | "files">, files: Files): Uint8Array {
  const listed = [...files.keys()].sort().map((path) => [path, { size: files.get(path)!.length, sha256: sha256(files.get(path)!) }]);
  const whole: Manifest = { format: packedFormat, ...manifest, files: Object.fromEntries(listed) };
  const text = `${JSON.stringify(whole, undefined, 2)}\n`;
  return gzipSync(writeTar(new Map([...files, [manifestFile, Buffer.from(text)]])), { level: 9 });
}

/** @throws TraceError `NOT_PACKED` for a file that is not one, was damaged or could do harm */
export function readPacked(path: string): PackedCollector {
  return parsePacked(path, readBytes(path));
}

/** The bytes of a file that is not larger than a packed collector may be. @throws TraceError `NOT_PACKED` */
export function readBytes(path: string): Uint8Array {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) throw new Error("it is not a file");
    if (stats.size > maxPackedBytes) throw new Error(`it is larger than ${maxPackedBytes} bytes`);
    return readFileSync(path);
  } catch (error) {
    throw notPacked(path, reasonOf(error));
  }
}

/** @throws TraceError `NOT_PACKED` */
export function parsePacked(path: string, bytes: Uint8Array): PackedCollector {
  try {
    const all = new Map(readTar(unpacked(bytes)));
    const manifest = readManifest(all.get(manifestFile));
    all.delete(manifestFile);
    assertListed(manifest, all);
    return { manifest, files: all, sha256: sha256(bytes) };
  } catch (error) {
    throw notPacked(path, reasonOf(error));
  }
}

function unpacked(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) throw new Error(`it is not a file of 'retis collector pack'`);
  try {
    return gunzipSync(bytes, { maxOutputLength: maxFileBytes });
  } catch (error) {
    const tooLarge = (error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE";
    throw new Error(tooLarge ? `its files have more than ${maxFileBytes} bytes` : "it is damaged: it cannot be decompressed");
  }
}

function readManifest(bytes: Uint8Array | undefined): Manifest {
  if (bytes === undefined) throw new Error(`it has no ${manifestFile}`);
  const manifest: unknown = parseJson(bytes);
  const { format } = Object(manifest) as { format?: unknown };
  if (format !== packedFormat) throw new Error(`its format is ${JSON.stringify(format)}, and this retis reads ${packedFormat}`);
  const fault = Value.Errors(manifestSchema, manifest).First();
  if (fault) throw new Error(`${manifestFile}: ${fault.path.slice(1) || "the whole"}: ${fault.message}`);
  return manifest as Manifest;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (error) {
    throw new Error(`${manifestFile} is not JSON: ${reasonOf(error)}`);
  }
}

/** The archive has the files of the manifest, and no others. */
function assertListed({ files: listed, entry, imports }: Manifest, files: Files): void {
  for (const [path, content] of files) {
    const expected = Object.hasOwn(listed, path) ? listed[path] : undefined;
    if (expected === undefined) throw new Error(`${path} is not in the manifest`);
    if (expected.size !== content.length || expected.sha256 !== sha256(content)) throw new Error(`${path} is not as the manifest says`);
  }
  const paths = [...Object.keys(listed), entry, ...Object.values(imports).flatMap((targets) => Object.values(targets))];
  const missing = paths.find((path) => !files.has(path) || pathFault(path) !== undefined);
  if (missing !== undefined) throw new Error(`it has no ${missing}`);
}
