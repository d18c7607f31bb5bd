/**
 * Functions made of generated source, and a debug aid: with the environment variable `RETIS_DUMP_CODE=DIRECTORY`, generated
 * code is written there before it is used, JavaScript as text and BPF as objects for `llvm-objdump -d`.
 */
import { mkdirSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

const stderr = 2;
const directory = process.env["RETIS_DUMP_CODE"] || undefined;
const counts = new Map<string, number>();
let failed = false;

/**
 * Makes a function of generated source.
 *
 * @param name what it is, for stack traces, profiles and the name of the dumped file
 * @param parameters names of its parameters
 * @param source its body
 */
export function compileFunction<T>(name: string, parameters: readonly string[], source: string): T {
  dumpCode(name, "js", `function generated(${parameters.join(", ")}) {\n${source}\n}\n`);
  return new Function(...parameters, `${source}\n//# sourceURL=generated:${fileName(name)}`) as T;
}

/**
 * Writes generated code to `NAME.EXTENSION` in the directory of `RETIS_DUMP_CODE`, or to `NAME-2.EXTENSION` and so on when there
 * are several of that name; does nothing without the variable. What cannot be written is reported once on stderr.
 */
export function dumpCode(name: string, extension: string, code: string | Uint8Array): void {
  if (directory === undefined || failed) return;
  const count = (counts.get(name) ?? 0) + 1;
  counts.set(name, count);
  try {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `${fileName(name)}${count === 1 ? "" : `-${count}`}.${extension}`), code);
  } catch (error) {
    failed = true;
    writeSync(stderr, `warning: Cannot write generated code to RETIS_DUMP_CODE: ${error instanceof Error ? error.message : error}\n`);
  }
}

/** Names can come from files and from collectors of others. */
function fileName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 100);
}
