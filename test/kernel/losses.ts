/** What a run could not do: hits that the kernel skipped are not lost events. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { readEvents } from "../support/event-file.ts";
import { retis } from "../support/retis.ts";
import { scenario } from "../support/scenario.ts";

const requires = ["root", "tracepoint:net:netif_receive_skb", "tracepoint:net:net_dev_start_xmit"] as const;

/** Frees much memory, which programs that track packets are hit by, also while they run. */
const freeing = "for i in 1 2 3 4; do find /proc /sys -maxdepth 3 > /dev/null 2>&1 & done; wait";

/** Of documentation (RFC 5737): nobody sends to it. */
const filter = "host 203.0.113.77";

const nothingLost = scenario("where nothing passes the filter, nothing is lost", { requires, where: "once" }, async (trial) => {
  const file = join(trial.directory, "events.json");
  const probes = ["-p", "net:netif_receive_skb", "-p", "net:net_dev_start_xmit"];
  const { status, stderr } = await retis(["collect", "-c", "skb,dev", ...probes, "-f", filter, "-o", file, "--cmd", freeing], {
    timeoutMs: 15_000 * trial.slowdown,
  });
  equal(status, 0, stderr);
  ok(/^0 events processed$/m.test(stderr), stderr);
  ok(!/lost/i.test(stderr), stderr);
  // Hits of the two probes themselves may be skipped, by chance.
  for (const { loss } of readEvents(file)) {
    if (loss !== undefined) deepEqual([loss.lost, loss.total, loss.untracked], [[], 0, undefined]);
  }
});

export const scenarios = [nothingLost];
