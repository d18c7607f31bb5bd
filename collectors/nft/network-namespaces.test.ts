import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { namespaceAt, networkNamespaces } from "./network-namespaces.ts";

test("namespaces are found by name and by process, each once", () => {
  const folder = mkdtempSync(join(tmpdir(), "retis-netns-"));
  const put = (path: string) => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), "");
    return statSync(join(folder, path)).ino;
  };
  try {
    const blue = put("named/blue");
    const own = put("proc/self/ns/net");
    const process = put("proc/12/ns/net");
    put("proc/irq/ns/net");
    mkdirSync(join(folder, "proc/13"));
    const found = networkNamespaces({ proc: join(folder, "proc"), named: join(folder, "named") });
    expect([...found.keys()]).toEqual([own, blue, process]);
    expect(found.get(blue)).toBe(join(folder, "named/blue"));
    expect(networkNamespaces({ proc: join(folder, "absent"), named: join(folder, "absent") }).size).toBe(0);
    expect(namespaceAt(join(folder, "absent"))).toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
