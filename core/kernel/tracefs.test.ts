import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kernel } from "./kernel.ts";
import { tracepointText } from "./probe-targets.ts";
import { patternSource, TraceLists } from "./tracefs.ts";

test("a pattern has one wildcard and no other special character", () => {
  const fits = (pattern: string, text: string) => new RegExp(`^${patternSource(pattern)}$`).test(text);
  expect(fits("tcp_*", "tcp_v4_rcv")).toBe(true);
  expect(fits("*:kfree_*", "skb:kfree_skb")).toBe(true);
  expect(fits("tcp_v4.rcv", "tcp_v4_rcv")).toBe(false);
  expect(fits("foo.isra.0", "foo.isra.0")).toBe(true);
  expect(fits("a|b", "a")).toBe(false);
});

test("without tracefs there are no lists, but a reason", () => {
  const lists = new TraceLists(["/nonexistent/tracing", "/nonexistent/debug"]);
  expect(lists.events()).toBeUndefined();
  expect(lists.functions("*")).toBeUndefined();
  expect(lists.problems().get("available_events")).toContain("/nonexistent/tracing/available_events");
});

const canMount = process.getuid?.() === 0 && existsSync("/sys/kernel/btf/vmlinux");

test.skipIf(!canMount)("groups of the running kernel (needs root, to mount tracefs, and BTF)", () => {
  const directory = mkdtempSync(join(tmpdir(), "retis-tracefs-"));
  const mounted = Bun.spawnSync(["mount", "-t", "tracefs", "tracefs", directory]);
  try {
    expect(mounted.exitCode).toBe(0);
    const kernel = new Kernel({ tracefsDirs: [directory] });
    expect(kernel.tracepoints("skb:*").map(tracepointText)).toContain("skb:kfree_skb");
    expect(kernel.tracepoints("*:kfree_skb").map(tracepointText)).toEqual(["skb:kfree_skb"]);
    expect(kernel.traceLists.events()!.length).toBeGreaterThan(500);
  } finally {
    if (mounted.exitCode === 0) Bun.spawnSync(["umount", directory]);
    rmdirSync(directory);
  }
});
