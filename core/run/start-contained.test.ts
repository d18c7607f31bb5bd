import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Host } from "../api/host.ts";
import { collectorCannotRun, objectNotLoaded, TraceError, unusableHook } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { SignalReceived } from "../signals/abort-on-signal.ts";
import type { PlannedCollector } from "./collector-plans.ts";
import { startContained } from "./start-contained.ts";

let lines: string[] = [];
let write: ReturnType<typeof log.setLineWriter>;
/** Sets that were started, and those that are running. */
let starts: string[] = [];
let running = 0;

beforeEach(() => {
  [lines, starts, running] = [[], [], 0];
  write = log.setLineWriter((line) => void lines.push(line));
});
afterEach(() => void log.setLineWriter(write));

function planned(name: string, kind: "built-in" | "optional" | "required" = "optional"): PlannedCollector {
  const foreign = kind !== "built-in";
  const collector = { name, summary: "", api: "1.x", sections: [], setup: () => ({ hooks: [] }) };
  return {
    loaded: { collector, directory: foreign ? `/c/${name}` : undefined, source: foreign ? "directory" : "built-in" },
    host: {} as Host,
    plan: { hooks: [] },
    options: {},
    companion: false,
    optional: kind === "optional",
  };
}

const nameOf = ({ loaded }: PlannedCollector) => loaded.collector.name;

/** Starts sets without the collectors that fail. */
function starting(failures: Readonly<Record<string, (name: string) => unknown>>) {
  return (set: readonly PlannedCollector[]) => {
    const names = set.map(nameOf);
    starts.push(names.join(" "));
    expect(running).toBe(0);
    log.info(`Started: ${names.join(" ")}`);
    const bad = names.find((name) => failures[name] !== undefined);
    if (bad !== undefined) throw failures[bad]!(bad);
    running++;
    return { close: () => void running-- };
  };
}

const refusedByKernel = () => objectNotLoaded("retis", "EINVAL", ["R0 !read_ok\nprocessed 3 insns", "failed to load object 'retis'"]);
const badHook = (name: string) => unusableHook(`/c/${name}/hook.bpf.o`, "it cannot be read");
const skb = planned("skb", "built-in");

test("what starts is started once, and its messages are shown", () => {
  const { planned: set } = startContained([skb, planned("a"), planned("b")], starting({}));
  expect(set.map(nameOf)).toEqual(["skb", "a", "b"]);
  expect(starts).toEqual(["skb a b"]);
  expect(lines).toEqual(["Started: skb a b"]);
  expect(running).toBe(1);
});

test("one that the error names is left out at once", () => {
  const { planned: set } = startContained([skb, planned("a"), planned("b")], starting({ b: badHook }));
  expect(set.map(nameOf)).toEqual(["skb", "a"]);
  expect(starts).toEqual(["skb a b", "skb a"]);
  expect(lines).toEqual([
    expect.stringContaining("Collector b left out: Cannot use hook /c/b/hook.bpf.o: it cannot be read"),
    "Started: skb a",
  ]);
});

test("those that the kernel refuses are found by halves, and reported with what the verifier said", () => {
  const all = ["a", "b", "c", "d", "e", "f", "g", "h"].map((name) => planned(name));
  const { planned: set } = startContained([skb, ...all], starting({ c: refusedByKernel, h: refusedByKernel }));
  expect(set.map(nameOf)).toEqual(["skb", "a", "b", "d", "e", "f", "g"]);
  expect(starts.length).toBeLessThan(14);
  expect(running).toBe(1);
  expect(lines.filter((line) => line.includes("left out"))).toEqual([
    expect.stringMatching(/Collector c \(\/c\/c\) left out: .*R0 !read_ok$/),
    expect.stringMatching(/Collector h \(\/c\/h\) left out: .*R0 !read_ok$/),
  ]);
  expect(lines.filter((line) => line.startsWith("Started"))).toEqual(["Started: skb a b d e f g"]);
});

test("a fault of the user's own options is reported as it is, and blames nobody", () => {
  const wrong = new TraceError("PACKET_FILTER", "Invalid packet filter");
  const start = () => {
    throw wrong;
  };
  expect(() => startContained([skb, planned("a"), planned("b")], start)).toThrow(wrong);
  expect(lines).toEqual([]);
});

test("one that was requested is named in the error", () => {
  const start = starting({ a: refusedByKernel });
  expect(() => startContained([skb, planned("a", "required"), planned("b")], start)).toThrow(
    collectorCannotRun("a", "Cannot load BPF object retis: EINVAL", { file: "/c/a/collector.ts" }),
  );
  expect(running).toBe(0);
});

test("a signal ends the trials, and nothing stays", () => {
  const received = () => new SignalReceived("SIGTERM");
  expect(() => startContained([skb, planned("a"), planned("b")], starting({ b: received }))).toThrow(SignalReceived);
  expect(starts).toHaveLength(1);
  expect(running).toBe(0);
});
