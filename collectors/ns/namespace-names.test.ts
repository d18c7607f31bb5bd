import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { namespaceNames } from "./namespace-names.ts";

test("namespaceNames finds names by inode number", () => {
  const folder = mkdtempSync(join(tmpdir(), "retis-netns-"));
  try {
    writeFileSync(join(folder, "blue"), "");
    const lookup = namespaceNames(folder);
    expect(lookup(statSync(join(folder, "blue")).ino)).toBe("blue");
    expect(lookup(1)).toBeUndefined();
    expect(namespaceNames(join(folder, "absent"))(1)).toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
