/** What the executable carries is named in NOTICE and printed by `retis --licenses`. The build fails for a missing notice. */
import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { carriedLibraries } from "../../scripts/libraries.ts";
import { bunNotice, debianNotice, npmNotice, npmPackages, upstreamVersion } from "../../scripts/notices.ts";

const root = join(import.meta.dir, "../..");
const notice = readFileSync(join(root, "NOTICE"), "utf8");
const rows = notice
  .slice(notice.indexOf("\nComponent "))
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => line.split(/ {2,}|(?<=-dev) /));

test("NOTICE has a row for each component, with its license", () => {
  const expected = [
    ["Bun", "npm: bun", expect.stringMatching(/^MIT; /)],
    ...carriedLibraries.map(({ name, debian, license }) => [name, `Debian: ${debian}`, license]),
    ...npmPackages(root).map((name) => [name, "npm", npmNotice(root, name).license]),
  ];
  expect(rows).toEqual(expected);
});

describe("retis --licenses", () => {
  const { stdout, exitCode } = Bun.spawnSync([join(root, "dist/retis"), "--licenses"]);
  const text = stdout.toString();

  test("lists each component with its version", () => {
    expect(exitCode).toBe(0);
    for (const [name = ""] of rows)
      expect([name, new RegExp(`^  ${RegExp.escape(name)} \\d[\\w.]*: `, "m").test(text)]).toEqual([name, true]);
  });

  test.each([
    ["Bun", "Bun statically links JavaScriptCore"],
    ["zlib", "Jean-loup Gailly"],
    ["elfutils", "GNU LESSER GENERAL PUBLIC LICENSE"],
    ["libbpf", "BSD-2-Clause"],
    ["libpcap", "The Regents of the University of California"],
    ["yaml", "Copyright Eemeli Aro"],
  ])("has the notice of %s", (_, words) => expect(text.includes(words)).toBe(true));

  test("has the text of each license that a notice refers to", () => {
    const referred = new Set([...text.matchAll(/\/usr\/share\/common-licenses\/([\w.-]*\w)/g)].map((match) => match[0]));
    expect(referred.size).toBeGreaterThan(4);
    for (const path of referred)
      expect([path, text.includes(readFileSync(path, "utf8").replaceAll("\f", "").trim())]).toEqual([path, true]);
  });
});

describe("without a notice there is no build", () => {
  const directory = mkdtempSync(join(tmpdir(), "retis-notices-"));
  mkdirSync(join(directory, "node_modules/bare"), { recursive: true });
  mkdirSync(join(directory, "node_modules/bun-types"), { recursive: true });
  writeFileSync(join(directory, "package.json"), '{"dependencies":{"bare":"1.0.0"}}');
  writeFileSync(join(directory, "node_modules/bare/package.json"), '{"version":"1.0.0","license":"MIT"}');
  writeFileSync(join(directory, "node_modules/bun-types/package.json"), '{"version":"0.0.1"}');

  test("of an npm package, of a library, of this Bun", () => {
    try {
      expect(npmPackages(directory)).toEqual(["bare"]);
      expect(() => npmNotice(directory, "bare")).toThrow("npm package bare has no license file");
      expect(() => debianNotice(directory, carriedLibraries[0]!, "1")).toThrow("package zlib1g has no ");
      expect(() => bunNotice(directory, Bun.version)).toThrow(`bun-types is 0.0.1, and the executable carries Bun ${Bun.version}`);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

test.each([
  ["1:1.1.2-0+deb12u1", "1.1.2"],
  ["0.188-2.1", "0.188"],
  ["1.3", "1.3"],
])("Debian's %s is %s", (debian, upstream) => expect(upstreamVersion(debian)).toBe(upstream));
