import { expect, test } from "bun:test";
import type { Probe } from "../probe/probe.ts";
import type { ProgramInstance } from "../probe/program-instance.ts";
import { SkippedHits } from "./skipped-hits.ts";

function probe(symbol: string, hooks: number, type: Probe["type"] = "raw_tracepoint"): Probe {
  const id = symbol.length;
  return { id, type, symbol, parameters: [], hooks, contextHooks: 0, requested: true, stack: false, showStack: false };
}

/** Programs by file descriptor, from 0. */
function parts(...served: readonly (readonly Probe[])[]) {
  return [{ missed: 0, programs: served.map((probes, fd) => ({ fd, probes, instance: {} as ProgramInstance })) }];
}

const recursion = "hit while already running on that CPU";

test("hits of programs that only track are not skipped events", () => {
  const misses = [7, 3, 5];
  const hits = new SkippedHits(
    parts([probe("kfree_skb", 1)], [probe("kfree", 0)], [probe("kmem_cache_free", 0)]),
    ({ symbol }) => `tp ${symbol}`,
    (fd) => misses[fd] ?? 0,
  );
  expect(hits.read()).toEqual([
    { kind: "skipped", probe: "tp kfree_skb", reason: recursion, count: 7 },
    { kind: "untracked", probe: "packet tracking", reason: `${recursion}, may have been the end of a packet`, count: 8 },
  ]);
});

test("only what happens between start and stop counts", () => {
  let misses = 10;
  const hits = new SkippedHits(
    parts([probe("a", 1)]),
    ({ symbol }) => symbol,
    () => misses,
  );
  hits.start();
  expect(hits.read()).toEqual([]);
  misses = 12;
  expect(hits.read()).toEqual([{ kind: "skipped", probe: "a", reason: recursion, count: 2 }]);
  hits.stop();
  misses = 99;
  expect(hits.read()).toEqual([{ kind: "skipped", probe: "a", reason: recursion, count: 2 }]);
});

test("a program that serves many probes", () => {
  const functions = [probe("ip_rcv", 1, "kprobe"), probe("ipv6_rcv", 1, "kprobe")];
  const [one] = parts(functions);
  const hits = new SkippedHits(
    [{ ...one!, missed: 4 }],
    ({ symbol }) => symbol,
    () => 1,
  );
  expect(hits.read()).toEqual([
    { kind: "skipped", probe: "2 function probes", reason: recursion, count: 1 },
    { kind: "skipped", probe: "2 function probes", reason: "call that the kernel could not watch", count: 4 },
  ]);
});

test("functions that are only tracked and cannot be watched", () => {
  const [one] = parts([probe("skb_free_head", 0, "kprobe")]);
  const hits = new SkippedHits(
    [{ ...one!, missed: 4 }],
    ({ symbol }) => symbol,
    () => 0,
  );
  const reason = "call that the kernel could not watch, may have been the end of a packet";
  expect(hits.read()).toEqual([{ kind: "untracked", probe: "packet tracking", reason, count: 4 }]);
});
