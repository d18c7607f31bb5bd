import { existsSync } from "node:fs";
import { join } from "node:path";

/** Why a command cannot be tried: this version does not have it. Undefined when it does. */
export function noSuchCommand(name: string): string | undefined {
  return existsSync(join(import.meta.dir, `../../core/command/${name}.ts`)) ? undefined : `there is no ${name} yet`;
}
