import { expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pagerCommand } from "./pager.ts";

const bin = mkdtempSync(join(tmpdir(), "retis-pager-"));
writeFileSync(join(bin, "less"), "#!/bin/sh\n");
chmodSync(join(bin, "less"), 0o755);

test.each([
  ["off a terminal", false, { PAGER: "more", PATH: bin }, undefined],
  ["NOPAGER", true, { PAGER: "more", PATH: bin, NOPAGER: "" }, undefined],
  ["PAGER", true, { PAGER: "more -s", PATH: bin }, "more -s"],
  ["less on the path", true, { PATH: `/nowhere:${bin}` }, "less -FRX"],
  ["an empty PAGER", true, { PAGER: "", PATH: bin }, "less -FRX"],
  ["neither", true, { PATH: "/nowhere" }, undefined],
  ["no path", true, {}, undefined],
])("%s", (_, isTerminal, environment, expected) => {
  expect(pagerCommand(isTerminal, environment)).toBe(expected);
});

test("clean up", () => rmSync(bin, { recursive: true }));
