import { $ } from "bun";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeError, procNotMounted } from "../../core/base/errors.ts";
import { findLlvmTool } from "../clang.ts";

/**
 * Compiles the code that runs before Bun's to a piece of memory for `addEntry`.
 * @param target of clang, e.g. `x86_64-linux-gnu`
 */
export async function compileEntry(target: string): Promise<Uint8Array> {
  const work = mkdtempSync(join(tmpdir(), "retis-entry-"));
  const [object, code] = [join(work, "entry.o"), join(work, "entry.bin")];
  const cFlags = ["-O2", "-fPIE", "-fvisibility=hidden", "-ffreestanding", "-fno-stack-protector", "-fno-asynchronous-unwind-tables"];
  const warnings = ["-Wall", "-Wextra", "-Werror"];
  const message = `-DRETIS_NO_PROC=${JSON.stringify(noProcText())}`;
  try {
    await $`${findLlvmTool("clang")} ${cFlags} ${warnings} --target=${target} ${message} -c ${join(import.meta.dir, "entry.c")} -o ${object}`;
    await $`${findLlvmTool("ld.lld")} -T ${join(import.meta.dir, "entry.ld")} --oformat binary --no-dynamic-linker ${object} -o ${code}`;
    return readFileSync(code);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function noProcText(): string {
  const error = procNotMounted();
  return `error: ${describeError(error)}\nhint: ${error.options.hint}\n`;
}
