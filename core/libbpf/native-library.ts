/**
 * Opens the shared libraries that the executable carries. They are loaded from memory files, so nothing is unpacked to
 * a directory that others could write to, and a `noexec` /tmp does not matter. Dependencies come first: the dynamic linker
 * then finds them by soname.
 */
import { dlopen, type FFIFunction } from "bun:ffi";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { libraryNotLoaded, reasonOf } from "../base/errors.ts";
import { MemoryFile } from "./memory-file.ts";

/** Directories for the rare host where a memory file may not be executed (`vm.memfd_noexec=2`). */
const fallbackDirectories = ["/run", "/var/lib", "/tmp"];

function openFrom<T extends Record<string, FFIFunction>>(path: string, symbols: T) {
  return dlopen(path, symbols).symbols;
}

function openFromDirectory<T extends Record<string, FFIFunction>>(parent: string, name: string, content: Uint8Array, symbols: T) {
  const directory = mkdtempSync(join(parent, ".retis-"));
  try {
    chmodSync(directory, 0o700);
    const file = join(directory, name);
    writeFileSync(file, content, { mode: 0o500, flag: "wx" });
    return openFrom(file, symbols);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * Opens a shared library given as an embedded file.
 * @param source path of the embedded file (virtual inside the executable)
 * @throws TraceError naming the library when no way of loading it works here
 */
export function openLibrary<T extends Record<string, FFIFunction>>(name: string, source: string, symbols: T) {
  const content = readFileSync(source);
  const reasons: string[] = [];
  try {
    // Left open: some dynamic linkers read the file again for debuggers and profilers.
    return openFrom(new MemoryFile(name, content).path, symbols);
  } catch (error) {
    reasons.push(reasonOf(error));
  }
  for (const parent of fallbackDirectories) {
    try {
      return openFromDirectory(parent, name, content, symbols);
    } catch (error) {
      reasons.push(reasonOf(error));
    }
  }
  throw libraryNotLoaded(name, reasons.at(0) ?? "unknown reason");
}
