import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { namespaceNames } from "./namespace-names.ts";

test("namespaceNames finds names by inode number", () => {
  const directory = mkdtempSync(join(tmpdir(), "retis-netns-"));
  try {
    writeFileSync(join(directory, "blue"), "");
    const lookup = namespaceNames(directory);
    expect(lookup(statSync(join(directory, "blue")).ino)).toBe("blue");
    expect(lookup(1)).toBeUndefined();
    expect(namespaceNames(join(directory, "absent"))(1)).toBeUndefined();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
