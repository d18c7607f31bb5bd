import { statSync } from "node:fs";

/** File name used when none is given. */
export const defaultFileName = "retis.data";

/** Name of part `id` of a rotated file: `retis.data.3`. */
export function partPath(base: string, id: number): string {
  return `${base}.${id}`;
}

/** The base name and number of a part's path; undefined when the path does not end in a number. */
export function partOf(path: string): { readonly base: string; readonly id: number } | undefined {
  const match = /^(.+)\.(\d{1,10})$/.exec(path);
  return match ? { base: match[1] as string, id: Number(match[2]) } : undefined;
}

/** What an INPUT argument means. */
export interface Input {
  readonly path: string;
  /** Go on with the following parts of a rotated file. */
  readonly follow: boolean;
}

/**
 * Resolves an INPUT argument: `NAME` is that file, `NAME..` that part and those after it, `-` standard input; without one,
 * `retis.data` when it is a regular file, else `retis.data.0`, and the parts after it.
 */
export function resolveInput(argument: string | undefined): Input {
  if (argument === undefined) {
    return { path: isRegularFile(defaultFileName) ? defaultFileName : partPath(defaultFileName, 0), follow: true };
  }
  if (argument.length > 2 && argument.endsWith("..") && !argument.endsWith("/..")) {
    return { path: argument.slice(0, -2), follow: true };
  }
  return { path: argument, follow: false };
}

/** Whether the path names a regular file (links followed). */
export function isRegularFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
