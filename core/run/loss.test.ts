import { expect, test } from "bun:test";
import { programTypes } from "../probe/program-types.ts";
import { lossReasons } from "./loss.ts";
import { lossEvent } from "./loss-event.ts";

test("every reason of the programs has a text, and no other", () => {
  const reasons = [...programTypes().enumValues("retis_loss").keys()].filter((name) => name !== "RETIS_LOSS_REASONS");
  expect(Object.keys(lossReasons).sort()).toEqual(reasons.sort());
  expect(programTypes().arrayLength("retis_counters", "lost")).toBe(reasons.length);
});

test("what was not evaluated by a filter is not lost", () => {
  const kinds = Object.fromEntries(Object.entries(lossReasons).map(([name, { kind }]) => [name, kind]));
  expect(kinds).toEqual({
    RETIS_LOSS_RING_FULL: "lost",
    RETIS_LOSS_NESTED: "skipped",
    RETIS_LOSS_SECTION: "incomplete",
    RETIS_LOSS_RETURN: "skipped",
    RETIS_LOSS_STACK: "incomplete",
    RETIS_LOSS_TRACKING: "untracked",
  });
});

test("the event of a file has CPU and task like those of the kernel, and lists what there is", () => {
  const one = { probe: "tp skb:kfree_skb", reason: "nested", count: 3 };
  const { common, loss } = lossEvent(5, [{ kind: "skipped", ...one }]);
  expect(common).toEqual({
    timestamp: 5,
    smp_id: expect.any(Number),
    task: { pid: process.pid, tgid: process.pid, comm: expect.any(String) },
  });
  expect(Object.keys(common!)).toEqual(["timestamp", "smp_id", "task"]);
  expect(loss).toEqual({ lost: [], total: 0, skipped: [one] });
  const all = lossEvent(
    5,
    (["lost", "lost", "untracked", "incomplete"] as const).map((kind) => ({ kind, ...one })),
  );
  expect(all["loss"]).toEqual({ lost: [one, one], total: 6, incomplete: [one], untracked: [one] });
});
