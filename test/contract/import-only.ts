/** Imports the collector given as argument and prints what that opened: run as a process of its own, which must end by itself. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { importCollector } from "../../core/plugin/import-collector.ts";

function openFiles(): ReadonlySet<string> {
  return new Set(readdirSync("/proc/self/fd").flatMap(linkTarget));
}

function linkTarget(fd: string): readonly string[] {
  try {
    return [readlinkSync(`/proc/self/fd/${fd}`)];
  } catch {
    return []; // the directory's own descriptor
  }
}

const builtIn = join(import.meta.dir, "../../collectors/");
const before = openFiles();
const entry = process.argv[2]!;
// Built-in collectors are part of the program, and may import what third parties may not.
await (entry.startsWith(builtIn) ? import(entry) : importCollector(dirname(entry)));
const opened = [...openFiles()].filter((target) => !before.has(target) && !target.startsWith("/proc/"));
console.log(JSON.stringify({ opened, libbpf: /libbpf|bpf-map/.test(readFileSync("/proc/self/maps", "utf8")) }));
