/** The author's TypeScript compiler over the collector. The executable has none: Bun runs TypeScript without looking at its types. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { reasonOf, unsafePlugin } from "../base/errors.ts";
import { readTrustedFile } from "../base/trusted-directory.ts";
import { type Finding, fail, ok, skip } from "./report.ts";

const check = "types";
const timeoutMs = 120_000;
/** Lines of the compiler that are shown. */
const maxLines = 20;

export function checkTypes(directory: string): Finding {
  if (!existsSync(join(directory, "tsconfig.json"))) return skip(check, "no tsconfig.json ('retis collector new' writes one)");
  const compiler = findCompiler(directory);
  if (compiler === undefined) return skip(check, "no tsc found in node_modules or PATH (npm install --save-dev typescript)");
  const danger = whyUnsafe(compiler);
  if (danger !== undefined) return skip(check, `not checked with privileges: ${danger}`);
  const { exitCode, signalCode, stdout, stderr } = Bun.spawnSync([compiler, "--noEmit", "--pretty", "false", "-p", directory], {
    stdin: "ignore",
    cwd: directory,
    timeout: timeoutMs,
  });
  if (exitCode === 0) return ok(check, `no errors (${compiler})`);
  const lines = `${stdout.toString()}${stderr.toString()}`.trim().split("\n");
  const cut = lines.length > maxLines ? [...lines.slice(0, maxLines), `… and ${lines.length - maxLines} more lines`] : lines;
  return fail(check, [`${compiler} ended with ${signalCode ?? `status ${exitCode}`}`, ...cut].join("\n"));
}

/** `tsc` of the nearest node_modules that has one, as npm finds it, or that of PATH. */
function findCompiler(directory: string): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    const own = join(at, "node_modules/.bin/tsc");
    if (existsSync(own)) return own;
    if (dirname(at) === at) return Bun.which("tsc") ?? undefined;
  }
}

/** With privileges the compiler must be root's or the caller's, as a directory above may be anybody's. */
function whyUnsafe(compiler: string): string | undefined {
  try {
    readTrustedFile(compiler, unsafePlugin);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}
