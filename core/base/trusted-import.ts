/**
 * Imports a user's TypeScript. With privileges the files are read by us, each checked as it is opened, bundled in memory, and
 * the bundle is run: so what runs is what was checked, and nothing else is found by the usual rules of resolution, such as a
 * `node_modules` or a `tsconfig.json` in a directory above that everybody can write to.
 */
import { isBuiltin } from "node:module";
import { realpathSync } from "node:fs";
import { dirname, extname } from "node:path";
import { pathToFileURL } from "node:url";
import type { BuildConfig, OnLoadResult } from "bun";
import { reasonOf } from "./errors.ts";
import { isPrivileged } from "./privilege.ts";
import { isWithin, readTrustedFile, type Refusal } from "./trusted-directory.ts";

/** Namespace of the files in a bundle; stack traces show it before their paths. */
export const trustedNamespace = "trusted";

const bundlePrefix = "retis/trusted/";
let bundles = 0;

/** What a module may import. */
export interface ImportRules {
  /** Modules that this process provides. */
  readonly hostModules: readonly string[];
  /** Directory that all files must be in, absolute, links resolved; undefined: anywhere, as long as each file is safe. */
  readonly within?: string;
  /** Makes the error for a file that is not safe. */
  readonly refusal: Refusal;
}

/**
 * The exports of a module.
 *
 * @param entry absolute path
 * @throws what `refusal` makes, Bun's errors of compiling and resolving, and what the module throws
 */
export async function importTrusted(entry: string, rules: ImportRules): Promise<Readonly<Record<string, unknown>>> {
  if (!isPrivileged()) return import(entry);
  return importFrom(entry, filesOnDisk(entry, rules), rules.hostModules);
}

/** What modules are read from. Both functions may throw. */
export interface ModuleFiles {
  /** The file that an import leads to. @param importer empty for the entry */
  resolve(specifier: string, importer: string): string;
  /** @param path what `resolve` gave */
  load(path: string): OnLoadResult;
}

/** The exports of a module that is read through `files`, with whatever it imports by literal names. @throws as {@link importTrusted} */
export async function importFrom(
  entry: string,
  files: ModuleFiles,
  hostModules: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  const code = await bundle(entry, files, hostModules);
  const name = `${bundlePrefix}${bundles++}`;
  Bun.plugin({
    name,
    setup(build) {
      build.module(name, () => ({ contents: code, loader: "js" }));
      if (bundles === 1) build.onResolve({ filter: /.*/ }, refuseLateImport);
    },
  });
  return import(name);
}

/** Everything that is imported by a literal name is in the bundle; this is for names that are computed while it runs. */
function refuseLateImport({ path, importer }: { readonly path: string; readonly importer: string }): undefined {
  if (importer.startsWith(`/${bundlePrefix}`) && !isBuiltin(path))
    throw new Error(`with privileges only files named in the import itself can be imported, not ${path}`);
}

function filesOnDisk(entry: string, rules: ImportRules): ModuleFiles {
  return {
    resolve: (specifier, importer) => allowedPath(importer === "" ? specifier : resolveFrom(specifier, importer), entry, rules),
    load: (path) => moduleOf(path, readTrustedFile(path, rules.refusal)),
  };
}

async function bundle(entry: string, files: ModuleFiles, hostModules: readonly string[]): Promise<string> {
  let refused: unknown;
  const guarded = <T>(act: () => T): T => {
    try {
      return act();
    } catch (error) {
      refused ??= error;
      throw error;
    }
  };
  const config: BuildConfig = {
    entrypoints: [entry],
    root: "/", // the entry may be in no directory
    target: "bun",
    format: "esm",
    sourcemap: "inline",
    throw: false,
    plugins: [
      {
        name: "trusted",
        setup(build) {
          build.onResolve({ filter: /.*/ }, ({ path, importer }) => {
            if (hostModules.includes(path) || isBuiltin(path)) return { path, external: true };
            return { path: guarded(() => files.resolve(path, importer)), namespace: trustedNamespace };
          });
          build.onLoad({ filter: /.*/, namespace: trustedNamespace }, ({ path }) => guarded(() => files.load(path)));
        },
      },
    ],
  };
  const { success, logs, outputs } = await Bun.build(config);
  if (refused !== undefined) throw refused;
  if (!success) throw logs.find(({ level }) => level === "error") ?? logs[0];
  return outputs[0]!.text();
}

/** Resolves as at run time. What it finds is checked, however it was found. */
function resolveFrom(path: string, importer: string): string {
  try {
    return Bun.resolveSync(path, dirname(importer));
  } catch (error) {
    throw new Error(`${importer}: ${reasonOf(error)}`);
  }
}

function allowedPath(path: string, entry: string, { within, refusal }: ImportRules): string {
  const real = realpathSync(path);
  if (within === undefined || isWithin(within, real)) return real;
  throw refusal(within, `${entry} imports ${real}, which is outside this directory`, "Copy what it imports into the directory");
}

const loaders = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".tsx": "tsx",
  ".jsx": "jsx",
  ".js": "js",
  ".mjs": "js",
  ".cjs": "js",
  ".json": "json",
  ".toml": "toml",
  ".txt": "text",
} as const;

/** How a file is read as a module; undefined for what is not code, such as the object of a hook. */
export function loaderOf(path: string): (typeof loaders)[keyof typeof loaders] | undefined {
  return loaders[extname(path) as keyof typeof loaders];
}

/** A file as a module. One that is not code, e.g. the object of a hook, is imported for its path. */
export function moduleOf(path: string, content: Buffer): OnLoadResult {
  const loader = loaderOf(path);
  if (loader === undefined) return { contents: `export default ${JSON.stringify(path)};`, loader: "js" };
  const text = content.toString("utf8");
  if (!/^[tj]sx?$/.test(loader) || !text.includes("import.meta")) return { contents: text, loader };
  return { contents: withOwnLocation(text, path, loader as "ts"), loader: "js" };
}

/** The bundle has a location of its own; each file in it has to see that which it has on disk. */
function withOwnLocation(text: string, path: string, loader: "js" | "jsx" | "ts" | "tsx"): string {
  const location = { path, filename: path, dir: dirname(path), dirname: dirname(path), url: pathToFileURL(path).href };
  const define = Object.fromEntries(Object.entries(location).map(([name, value]) => [`import.meta.${name}`, JSON.stringify(value)]));
  return new Bun.Transpiler({ loader, define }).transformSync(text);
}
