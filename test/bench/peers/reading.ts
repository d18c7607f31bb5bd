/** Commands that read a file of 300,000 drops, and small commands, as whole processes from their start to their end. */
import { join } from "node:path";
import { mustRun } from "../../support/command.ts";
import type { Tool } from "./tools.ts";
import type { Work } from "./work.ts";

/** Recordings of the same drops. */
export interface Recordings {
  readonly json: string;
  readonly cbor: string;
  /** The first ten events. */
  readonly ten: string;
  /** For what commands write. */
  readonly directory: string;
}

interface Command {
  readonly name: string;
  /** Arguments but the file. */
  readonly args: readonly string[];
  /** Those of a peer where it has no such option. */
  readonly peer?: readonly string[];
  readonly form: "json" | "cbor";
  readonly ratio: number;
  /** CPU time of the original, in that of the yardstick. */
  readonly original: number;
  /** Aim of the ratio of the largest memory. */
  readonly memory?: number;
}

const original = { print: 0.74, stats: 0.36, sort: 1.64, sortFile: 1.53, pcap: 3.2 } as const;
const probe = ["-p", "tp:skb:kfree_skb"];

function commands(out: string): readonly Command[] {
  // In the form that is read; the original writes JSON whatever the name is.
  const sortFile = (form: Command["form"]) => ["sort", "-o", join(out, `sorted.${form}`)];
  const pcap = ["pcap", ...probe, "-o", join(out, "drops.pcapng")];
  return [
    { name: "print, JSON", args: ["print"], form: "json", ratio: 0.8, original: original.print, memory: 4 },
    { name: "print, CBOR", args: ["print"], form: "cbor", ratio: 0.4, original: original.print },
    { name: "sort, JSON", args: ["sort"], form: "json", ratio: 0.8, original: original.sort },
    { name: "sort, CBOR", args: ["sort"], form: "cbor", ratio: 0.5, original: original.sort },
    { name: "sort -o, JSON", args: sortFile("json"), form: "json", ratio: 0.5, original: original.sortFile },
    { name: "sort -o, CBOR", args: sortFile("cbor"), form: "cbor", ratio: 0.5, original: original.sortFile },
    { name: "stats, JSON", args: ["stats"], form: "json", ratio: 0.8, original: original.stats, memory: 4 },
    { name: "stats, CBOR", args: ["stats"], form: "cbor", ratio: 0.4, original: original.stats },
    { name: "pcap, JSON", args: pcap, form: "json", ratio: 0.6, original: original.pcap, memory: 4 },
    { name: "pcap, CBOR", args: pcap, form: "cbor", ratio: 0.6, original: original.pcap },
    { name: "pcap --plain, CBOR", args: [...pcap, "--plain"], peer: pcap, form: "cbor", ratio: 0.25, original: original.pcap },
  ];
}

/** CPU seconds of all threads, seconds that passed, and the largest memory in MiB. */
interface Cost {
  readonly cpu: number;
  readonly wall: number;
  readonly memory: number;
}

/**
 * Runs a command with its output thrown away and prints what it used. A process of its own, as the largest memory of a process
 * begins with that of the one that started it (fs/exec.c, setmax_mm_hiwater_rss), and we are large.
 */
const runAndReport = `
import os, sys, time
start = time.monotonic()
pid = os.fork()
if pid == 0:
    os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
    os.execvp(sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(pid, 0)
print(used.ru_utime + used.ru_stime, time.monotonic() - start, used.ru_maxrss)
sys.exit(1 if status else 0)`;

/** Runs a command with its output thrown away. @throws Error with its messages when it fails */
export async function costOf(argv: readonly string[]): Promise<Cost> {
  const output = await mustRun(["python3", "-c", runAndReport, ...argv], { timeoutMs: 600_000 });
  const [cpu = Number.NaN, wall = Number.NaN, kibibytes = Number.NaN] = output.trim().split(" ").map(Number);
  return { cpu, wall, memory: kibibytes / 1024 };
}

function readingWork({ name, args, peer = args, form, ratio, original, memory }: Command, files: Recordings, own: Tool): Work {
  const times = [
    { measure: `${name}, CPU`, unit: "s", ratio, original },
    { measure: `${name}, time that passed`, unit: "s" },
  ];
  return {
    columns: memory === undefined ? times : [...times, { measure: `${name}, largest memory`, unit: "MiB", ratio: memory }],
    async run(tool) {
      if (!tool.reads) return undefined;
      // Peers read no CBOR: they do the same with the JSON form.
      const argv = tool === own ? [...args, files[form]] : [...peer, files.json];
      const cost = await costOf([tool.path, ...argv]);
      return [cost.cpu, cost.wall, cost.memory];
    },
  };
}

function smallWork(name: string, args: readonly string[]): Work {
  return {
    columns: [{ measure: `${name}, CPU`, unit: "ms", ratio: 3 }],
    run: async (tool) => (tool.reads ? [(await costOf([tool.path, ...args])).cpu * 1000] : undefined),
  };
}

/** All of it. */
export function readingWorks(files: Recordings, own: Tool): readonly Work[] {
  return [
    ...commands(files.directory).map((command) => readingWork(command, files, own)),
    smallWork("--version", ["--version"]),
    smallWork("--help", ["--help"]),
    smallWork("print of ten events", ["print", files.ten]),
  ];
}
