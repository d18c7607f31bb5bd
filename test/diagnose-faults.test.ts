/** Every kind of finding of `retis diagnose` is provoked by a scenario, or a reason is named why not. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { faults } from "./support/faults/all-faults.ts";

const directory = join(import.meta.dir, "../core/diagnose/checks");

/** Findings that no scenario provokes. */
const unprovoked: Readonly<Record<string, string>> = {
  "device-not-ready": "the device was down when the packet came, and is up when it is diagnosed",
};

/** In an id, either transport protocol. */
const placeholder = /\$\{transport\}/;

/** Ids in the sources of the checks. */
function findingIds(): readonly string[] {
  const sources = readdirSync(directory).map((name) => readFileSync(join(directory, name), "utf8"));
  const expressions = sources.flatMap((text) =>
    [...text.matchAll(/\bid: ([^\n]*?),?(?: cause:.*)?\n/g)].map(([, expression]) => expression!),
  );
  return [...new Set(expressions.flatMap(idsIn))].sort();
}

function idsIn(expression: string): readonly string[] {
  // Not the text that a finding is chosen by.
  const ids = [...expression.replace(/includes\(.*?\)/g, "").matchAll(/["`]([^"`]+)["`]/g)].map(([, id]) => id!);
  expect(ids, expression).not.toEqual([]);
  return ids.flatMap((id) => (placeholder.test(id) ? ["tcp", "udp"].map((name) => id.replace(placeholder, name)) : [id]));
}

test("every finding has a scenario, or a reason why it has none", () => {
  const provoked = new Set(faults.map(({ finding }) => finding));
  expect(findingIds().filter((id) => !provoked.has(id))).toEqual(Object.keys(unprovoked).sort());
  expect([...provoked].filter((id) => !findingIds().includes(id))).toEqual([]);
});

test("scenarios have different names", () => {
  const names = faults.map(({ name, finding }) => name ?? finding);
  expect(new Set(names).size).toBe(names.length);
});

test("the page lists every finding, and no other", () => {
  const page = readFileSync(join(import.meta.dir, "../docs/diagnose.md"), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  const listed = rows.flatMap((row) => [...row.split("|")[1]!.matchAll(/`([^`]+)`/g)].map(([, id]) => id!));
  expect(listed.sort()).toEqual([...findingIds()]);
});
