/** `--probe-stack`: functions found on the stacks of packets are probed from then on. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { kernelEvents, parseEvents } from "../support/event-file.ts";
import { Collection, retis } from "../support/retis.ts";
import { scenario } from "../support/scenario.ts";
import { stackOf } from "../support/stack.ts";
import { twoNamespaces } from "../support/topology.ts";
import { resolveNeighbours, sendUdp, tryTcp } from "../support/traffic.ts";

const closedPort = 8211;
/** Packets that are sent at most until the functions they pass are probed. */
const attempts = 20;

const follows = scenario(
  "functions on the stack of a dropped packet see the next ones",
  { requires: ["root", "kprobes", "tracepoint:skb:kfree_skb"], timeoutMs: 60_000 },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    await resolveNeighbours(client, "10.0.42.2");
    const collection = await Collection.start(trial, [
      "-c",
      "skb,skb-drop",
      "--probe-stack",
      "-f",
      `dst port ${closedPort}`,
      "--format",
      "json",
    ]);
    const sendUntil = async (send: () => Promise<void>, symbol: RegExp) => {
      for (let attempt = 0; attempt < attempts * Math.min(trial.slowdown, 4); attempt++) {
        await send();
        if (await collection.showsOutput(symbol, 500)) return;
      }
    };
    await sendUntil(() => sendUdp(client, "10.0.42.2", closedPort), /"symbol":"(__udp4_lib_rcv|udp_rcv)"/);
    await sendUntil(() => tryTcp(client, "10.0.42.2", closedPort), /"symbol":"tcp_v4_rcv"/);
    const { status, stdout, stderr } = await collection.stop();
    equal(status, 0, stderr);

    const events = kernelEvents(parseEvents(stdout));
    equal(events[0]?.kernel?.symbol, "skb:kfree_skb");
    const entered = new Set(events.flatMap(({ kernel }) => (kernel?.probe_type === "kprobe" ? [kernel.symbol] : [])));
    ok(entered.has("tcp_v4_rcv"), [...entered].join(" "));
    ok(entered.has("__udp4_lib_rcv") || entered.has("udp_rcv"), [...entered].join(" "));
    deepEqual(
      // What TCP sends has no headers at first: then it was its socket that passed the filter.
      events.filter(({ parsed_packet, skb }) =>
        parsed_packet ? parsed_packet.ports?.destination !== closedPort : skb?.meta === undefined,
      ),
      [],
      "events of other packets",
    );
    deepEqual(
      events.filter((event) => stackOf(event) !== undefined),
      [],
      "stacks that nobody requested",
    );
  },
);

const needsFilter = scenario("--probe-stack without a filter is refused", { where: "once" }, async () => {
  const { status, stderr } = await retis(["collect", "--probe-stack"]);
  equal(status, 2);
  match(stderr, /--probe-stack/);
  match(stderr, /--filter-packet or --filter-meta/);
});

export const scenarios = [follows, needsFilter];
