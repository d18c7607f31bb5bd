/** Running `nft`. */
import { cleanEnvironment } from "../../core/base/child-environment.ts";

/** Longest wait for nft; what it prints of a large rule set takes a moment, more than this only a broken system. */
const limitMs = 5000;

/**
 * Runs nft to its end.
 * @param wrapper words before it, e.g. those that enter a namespace
 * @param descriptors what it gets as descriptors 3, 4, …
 * @returns what it printed
 * @throws Error with what it said when it failed, or when it cannot be started
 */
export function runNft(args: readonly string[], wrapper: readonly string[] = [], descriptors: readonly number[] = []): string {
  const { exitCode, stdout, stderr, exitedDueToTimeout } = Bun.spawnSync([...wrapper, "nft", ...args], {
    env: cleanEnvironment,
    cwd: "/",
    stdio: ["ignore", "pipe", "pipe", ...descriptors],
    timeout: limitMs,
  });
  if (exitCode === 0) return stdout.toString();
  if (exitedDueToTimeout) throw new Error(`nft took more than ${limitMs / 1000} s`);
  throw new Error(stderr.toString().trim().split("\n")[0] || `nft ended with status ${exitCode}`);
}
