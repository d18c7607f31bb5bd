/** Many drops at once: each is recorded, or counted as lost. */
import { equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { ethernet, ethertype, ipv4, protocol, udp } from "../support/frames.ts";
import { Collection, retis } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { macs, twoNamespaces } from "../support/topology.ts";
import { kernelCounter, sendFrame } from "../support/traffic.ts";

const route = { source: "10.0.42.1", destination: "10.0.42.2" };
const datagram = udp(route, { sourcePort: 7800, destinationPort: 7801 });
const frame = ethernet(macs.veth10, macs.veth01, ethertype.ipv4, ipv4(route.source, route.destination, protocol.udp, datagram));
const frameInJson = `"data":"${frame.toString("base64")}"`;

/** What became of a burst: recorded and lost are counted by the tool, sent is what the kernel's own counter says. */
interface Burst {
  readonly sent: number;
  readonly recorded: number;
  readonly lost: number;
  /** Hits that no filter saw. */
  readonly skipped: number;
}

/** Drops datagrams at a closed port as fast as some processes can send them, each of which sends `count`. */
async function dropMany(trial: Trial, count: number, args: readonly string[], processes = 1): Promise<Burst> {
  const { client, server } = await trial.topology(twoNamespaces());
  const file = join(trial.directory, "events.cbor");
  const collection = await Collection.start(trial, ["-c", "skb,skb-drop,dev,ns", "-o", file, ...args]);
  await Promise.all(Array.from({ length: processes }, () => sendFrame(client, "veth01", frame, count)));
  const { status, stderr } = await collection.stop();
  equal(status, 0, stderr);
  const sent = await kernelCounter(server, "UdpNoPorts");
  equal(sent, count * processes, "the kernel itself did not drop all that was sent");
  const printed = await retis(["print", "--format", "json", file], { timeoutMs: 30_000 * trial.slowdown });
  equal(printed.status, 0, printed.stderr);
  const recorded = printed.stdout.split("\n").filter((line) => line.includes(frameInJson) && line.includes("kfree_skb")).length;
  const counted = (pattern: RegExp) => Number(pattern.exec(stderr)?.[1] ?? 0);
  return { sent, recorded, lost: counted(/Total events lost: (\d+)/), skipped: counted(/Total hits skipped: (\d+)/) };
}

const options = { where: "oldest and newest", requires: ["root", "tracepoint:skb:kfree_skb"], timeoutMs: 60_000 } as const;

// A ring that holds the whole burst: the outcome must not depend on how busy the machine is.
const everyDrop = scenario("a burst of drops that fits in the ring is recorded whole", options, async (trial) => {
  const emulated = trial.slowdown > 1;
  const { sent, recorded, lost } = await dropMany(trial, emulated ? 5_000 : 200_000, ["--ring-size", emulated ? "4M" : "128M"]);
  equal(lost, 0);
  equal(recorded, sent);
});

const everyLoss = scenario(
  "with too small a ring, every drop that two processes make is recorded or counted as lost",
  options,
  async (trial) => {
    const args = ["--ring-size", "4K", "-f", "udp dst port 7801"];
    const { sent, recorded, lost, skipped } = await dropMany(trial, trial.slowdown === 1 ? 100_000 : 1_000, args, 2);
    const account = `${recorded} recorded, ${lost} lost and ${skipped} skipped do not make ${sent}`;
    ok(lost > 0, "nothing was lost in a ring of one page");
    // Skipped hits may be those of other packets, as no filter saw them.
    ok(recorded + lost <= sent, account);
    ok(recorded + lost + skipped >= sent, account);
  },
);

export const scenarios = [everyDrop, everyLoss];
