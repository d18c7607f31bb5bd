import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readUsers } from "./user-names.ts";

test("users are known by the first name of their id; what is not an entry is left out", () => {
  const directory = mkdtempSync(join(tmpdir(), "retis-users-"));
  try {
    const file = join(directory, "passwd");
    writeFileSync(
      file,
      "root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\n+::::::\n\n# no entry\nweb:x:33:33::/:\nodd:x:3x:1::/:\n:x:5:5::/:",
    );
    expect([...readUsers(file)]).toEqual([
      [0, "root"],
      [33, "web"],
    ]);
    expect(readUsers(join(directory, "absent")).size).toBe(0);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
