/** Opening names relative to a directory that is open (openat(2)), so that nothing above can be exchanged meanwhile. */
import { constants } from "node:os";
import { getSystemErrorMap } from "node:util";
import { addressOf, cString, errnoName, lastErrno, libc } from "./libc.ts";

/** Opens a name without the right to read or write it; the same on all architectures that we are built for (fcntl.h). */
export const O_PATH = 0o10000000;
export const O_CLOEXEC = 0o2000000;
/** "The current directory" as a directory that is open. */
export const AT_FDCWD = -100;

/** PATH_MAX (limits.h). */
const maxPath = 4096;

/** Numbers of system calls: x86_64 and arm64 differ (asm/unistd.h). */
const readlinkatNumber = process.arch === "arm64" ? 78 : 267;
const openatNumber = process.arch === "arm64" ? 56 : 257;

/**
 * @param directory descriptor, or {@link AT_FDCWD}
 * @param mode of a file that is created
 * @returns a descriptor that children do not inherit
 * @throws the system's error, as node:fs has it
 */
export function openAt(directory: number, name: string, flags: number, mode = 0): number {
  const text = cString(name);
  const opened = libc().syscall(openatNumber, directory, addressOf(text), flags | O_CLOEXEC, mode, 0);
  return Number(checked(opened, "open", name));
}

/** Where a symbolic link leads that was opened with {@link O_PATH} and O_NOFOLLOW. @throws the system's error */
export function readLinkOf(link: number): string {
  const empty = cString("");
  const target = Buffer.alloc(maxPath);
  const length = libc().syscall(readlinkatNumber, link, addressOf(empty), addressOf(target), target.length, 0);
  return target.toString("utf8", 0, Number(checked(length, "readlink", "")));
}

function checked(result: number | bigint, syscall: string, name: string): number | bigint {
  if (result < 0) throw systemError(errnoName(lastErrno()), syscall, name);
  return result;
}

/** An error as node:fs has it. @param code e.g. `ENOENT` */
export function systemError(code: string, syscall: string, name: string): Error {
  const errno = -((constants.errno as Readonly<Record<string, number>>)[code] ?? 0);
  const [, text = code] = getSystemErrorMap().get(errno) ?? [];
  return Object.assign(new Error(`${code}: ${text}, ${syscall} '${name}'`), { code, errno, syscall });
}
