/** How this program starts itself. */
import { basename, join } from "node:path";

/** The compiled executable is the tool itself; run from its sources, it is Bun with the program's first file. */
export function ownCommand(): readonly string[] {
  return /^bun/.test(basename(process.execPath)) ? [process.execPath, join(import.meta.dir, "../main.ts")] : [process.execPath];
}
