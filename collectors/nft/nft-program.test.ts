import { afterEach, expect, test } from "bun:test";
import { runNft } from "./nft-program.ts";

const home = process.env["HOME"];
afterEach(() => {
  process.env["HOME"] = home;
  delete process.env["NFT_SAMPLE"];
});

test("nft knows nothing of the caller's environment", () => {
  process.env["HOME"] = "/home/caller";
  process.env["NFT_SAMPLE"] = "1";
  const names = runNft([], ["/bin/sh", "-c", "env"])
    .split("\n")
    .map((line) => line.split("=", 1)[0]);
  expect(names).toContain("PATH");
  expect(names).not.toContain("NFT_SAMPLE");
  expect(runNft([], ["/bin/sh", "-c", 'echo "$HOME"']).trim()).toBe("/dev/null");
});
