/** Which kernel modules are there. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface ModulePlaces {
  /** `/proc` */
  readonly procDir: string;
  /** `/sys` */
  readonly sysDir: string;
  /** `/lib/modules/<release>` */
  readonly moduleDir: string;
}

/** Names of the loaded modules; undefined when the kernel does not list them, e.g. as it has no modules at all. */
export function loadedModules(procDir: string): ReadonlySet<string> | undefined {
  const text = readText(join(procDir, "modules"));
  return text === undefined
    ? undefined
    : new Set(
        text
          .split("\n")
          .flatMap((line) => line.split(" ", 1))
          .filter(Boolean),
      );
}

/**
 * Whether a module is loaded or built in; undefined when that cannot be known. Built-in modules show up in /sys/module
 * only when they have parameters or a version, else in the list that is installed beside the modules.
 */
export function isModuleLoaded(places: ModulePlaces, name: string): boolean | undefined {
  const wanted = name.replaceAll("-", "_");
  const loaded = loadedModules(places.procDir);
  if (loaded?.has(wanted) || existsSync(join(places.sysDir, "module", wanted))) return true;
  const builtIn = readText(join(places.moduleDir, "modules.builtin"));
  if (builtIn?.split("\n").some((path) => moduleOfPath(path) === wanted)) return true;
  return loaded === undefined || builtIn === undefined ? undefined : false;
}

/** `kernel/net/netfilter/nf_tables.ko` is module `nf_tables`. */
function moduleOfPath(path: string): string {
  return path
    .slice(path.lastIndexOf("/") + 1)
    .replace(/\.ko$/, "")
    .replaceAll("-", "_");
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
