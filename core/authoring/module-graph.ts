/** Which files a collector's code consists of, found by bundling it; nothing of it is run. */
import { isBuiltin } from "node:module";
import { readFileSync, realpathSync } from "node:fs";
import { dirname, relative } from "node:path";
import { isWithin } from "../base/trusted-directory.ts";
import { loaderOf } from "../base/trusted-import.ts";

/** Provided by retis. */
const hostModules = ["retis/collector"];

export interface ModuleGraph {
  /** Paths relative to the directory. */
  readonly files: readonly string[];
  /** What each import leads to, by importing file and specifier. */
  readonly imports: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * @param directory absolute, links resolved
 * @throws Error for what cannot be resolved or compiled, and for imports from outside the directory
 */
export async function moduleGraph(directory: string, entry: string): Promise<ModuleGraph> {
  const files = new Set<string>();
  const imports: Record<string, Record<string, string>> = {};
  let failure: unknown;
  const inside = (path: string) => relative(directory, path);
  const resolve = (specifier: string, importer: string) => {
    const path = realpathSync(importer === "" ? specifier : Bun.resolveSync(specifier, dirname(importer)));
    if (!isWithin(directory, path)) throw new Error(`${inside(importer)} imports ${specifier}, which is outside the directory: ${path}`);
    files.add(inside(path));
    if (importer !== "") (imports[inside(importer)] ??= {})[specifier] = inside(path);
    return path;
  };
  const { success, logs } = await Bun.build({
    entrypoints: [`${directory}/${entry}`],
    target: "bun",
    format: "esm",
    throw: false,
    plugins: [
      {
        name: "graph",
        setup(build) {
          build.onResolve({ filter: /.*/ }, ({ path, importer }) => {
            if (hostModules.includes(path) || isBuiltin(path)) return { path, external: true };
            try {
              return { path: resolve(path, importer), namespace: "graph" };
            } catch (error) {
              failure ??= error;
              throw error;
            }
          });
          build.onLoad({ filter: /.*/, namespace: "graph" }, ({ path }) => {
            const loader = loaderOf(path);
            return loader === undefined
              ? { contents: "export default '';", loader: "js" }
              : { contents: readFileSync(path, "utf8"), loader };
          });
        },
      },
    ],
  });
  if (failure !== undefined) throw failure;
  if (!success) throw new Error(String(logs.find(({ level }) => level === "error") ?? logs[0]));
  return { files: [...files].sort(), imports };
}
