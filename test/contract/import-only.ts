/** Imports the collector given as argument and prints what that opened: run as a process of its own, which must end by itself. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { dirname } from "node:path";
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

const before = openFiles();
await importCollector(dirname(process.argv[2]!));
const opened = [...openFiles()].filter((target) => !before.has(target) && !target.startsWith("/proc/"));
console.log(JSON.stringify({ opened, libbpf: /libbpf|bpf-map/.test(readFileSync("/proc/self/maps", "utf8")) }));
