/** Archives of plain files (ustar, POSIX.1-1988): written the same each time, and read with suspicion. */
import { Header } from "tar/header";

const blockBytes = 512;
/** Files in an archive, and bytes of all of them, at most. */
const maxFiles = 2000;
const maxPathLength = 200;

/** Files by path: relative, with `/` between the parts. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** Why a path is not one of a file within a directory; undefined when it is. */
export function pathFault(path: string): string | undefined {
  if (path === "" || path.length > maxPathLength) return `has a path of ${path.length} characters`;
  if (path.startsWith("/")) return "has an absolute path";
  if (/[\u0000-\u001f\u007f\\]/.test(path)) return "has a path with characters that no path needs";
  return path.split("/").some((part) => part === "" || part === "." || part === "..")
    ? "leads out of the directory, or to no file"
    : undefined;
}

/**
 * An archive of the files, sorted by path, without times and owners: the same files give the same bytes.
 * @throws RangeError for a path that does not fit
 */
export function writeTar(files: Files): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (const path of [...files.keys()].sort()) {
    const content = files.get(path)!;
    const header = new Header({ path, mode: 0o644, uid: 0, gid: 0, size: content.length, mtime: new Date(0), type: "File" });
    const block = Buffer.alloc(blockBytes);
    if (header.encode(block) || pathFault(path) !== undefined) throw new RangeError(`${path} is too long for an archive`);
    blocks.push(block, content, new Uint8Array(-content.length & (blockBytes - 1)));
  }
  return Buffer.concat([...blocks, new Uint8Array(2 * blockBytes)]);
}

/**
 * The files of an archive. Only plain files are allowed in it, each with a path of its own that stays within a directory.
 * @throws Error saying what is wrong
 */
export function readTar(archive: Uint8Array): Files {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const files = new Map<string, Uint8Array>();
  let at = 0;
  while (at + blockBytes <= bytes.length) {
    const header = new Header(bytes, at);
    if (header.nullBlock) break;
    const { path = "", size, type, cksumValid } = header;
    if (!cksumValid) throw new Error(`it is damaged at byte ${at}`);
    if (type !== "File" && type !== "OldFile") throw new Error(`${JSON.stringify(path)} is a ${type}, and only plain files are allowed`);
    const fault = pathFault(path);
    if (fault !== undefined) throw new Error(`${JSON.stringify(path)} ${fault}`);
    const start = at + blockBytes;
    if (size === undefined || start + size > bytes.length) throw new Error(`${path} is cut short`);
    if (files.has(path)) throw new Error(`${path} is in it twice`);
    if (files.size >= maxFiles) throw new Error(`it has more than ${maxFiles} files`);
    files.set(path, bytes.subarray(start, start + size));
    at = start + Math.ceil(size / blockBytes) * blockBytes;
  }
  if (files.size === 0) throw new Error("it has no files");
  assertNoneInAnother(files);
  return files;
}

/** No path may need a directory where another one needs a file. */
function assertNoneInAnother(files: Files): void {
  for (const path of files.keys()) {
    for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1))
      if (files.has(path.slice(0, at))) throw new Error(`${path} is in a file`);
  }
}
