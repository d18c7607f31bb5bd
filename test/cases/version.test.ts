/** `retis --version` names what a bug report needs. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };

const root = join(import.meta.dir, "../..");

function output(...cmd: readonly string[]): string {
  return Bun.spawnSync([...cmd, "--version"], { env: { PATH: process.env["PATH"], HOME: "/nowhere" } }).stdout.toString();
}

test("of the executable: version, commit, Bun and libbpf", () => {
  const [first, second] = output(join(root, "dist/retis")).split("\n");
  const version = RegExp.escape(manifest.version);
  expect(first).toMatch(new RegExp(`^retis ${version} \\((?:commit [0-9a-f]{12}(?:, modified)?|commit unknown)\\)$`));
  expect(second).toMatch(new RegExp(`^Bun ${RegExp.escape(manifest.dependencies.bun)}, libbpf \\d+\\.\\d+\\.\\d+$`));
});

test("from source: says so", () => {
  expect(output(process.execPath, join(root, "core/main.ts"))).toStartWith(`retis ${manifest.version} (run from source)\n`);
});
