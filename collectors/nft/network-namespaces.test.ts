import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { namespaceAt, networkNamespaces } from "./network-namespaces.ts";

test("namespaces are found by name and by process, each once", () => {
  const directory = mkdtempSync(join(tmpdir(), "retis-netns-"));
  const put = (path: string) => {
    mkdirSync(join(directory, path, ".."), { recursive: true });
    writeFileSync(join(directory, path), "");
    return statSync(join(directory, path)).ino;
  };
  try {
    const blue = put("named/blue");
    const own = put("proc/self/ns/net");
    const process = put("proc/12/ns/net");
    put("proc/irq/ns/net");
    mkdirSync(join(directory, "proc/13"));
    const found = networkNamespaces({ proc: join(directory, "proc"), named: join(directory, "named") });
    expect([...found.keys()]).toEqual([own, blue, process]);
    expect(found.get(blue)).toBe(join(directory, "named/blue"));
    expect(networkNamespaces({ proc: join(directory, "absent"), named: join(directory, "absent") }).size).toBe(0);
    expect(namespaceAt(join(directory, "absent"))).toBeUndefined();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
