/** Many drops at once: each is recorded, or counted as lost. */
import { equal, ok } from "node:assert/strict";
import { ethernet, ethertype, ipv4, protocol, udp } from "../support/frames.ts";
import { record } from "../support/retis.ts";
import { scenario } from "../support/scenario.ts";
import { macs, twoNamespaces } from "../support/topology.ts";
import { kernelCounter, sendFrame } from "../support/traffic.ts";

const port = 7801;

/** Events lost, as the tool reports at its end. */
function reportedLost(stderr: string): number {
  return Number(/total events lost: (\d+)/.exec(stderr)?.[1] ?? 0);
}

function burst(name: string, args: readonly string[], check: (recorded: number, lost: number, sent: number) => void) {
  return scenario(name, { requires: ["root", "tracepoint:skb:kfree_skb"], timeoutMs: 60_000 }, async (trial) => {
    const sent = trial.slowdown === 1 ? 200_000 : 20_000;
    const { client, server } = await trial.topology(twoNamespaces());
    // Without replies: ICMP answers to 200,000 datagrams would be packets of their own.
    await server.run(["sysctl", "-qw", "net.ipv4.icmp_ratemask=8", "net.ipv4.icmp_ratelimit=1000000"]);
    const route = { source: "10.0.42.1", destination: "10.0.42.2" };
    const packet = ipv4(route.source, route.destination, protocol.udp, udp(route, { sourcePort: 7800, destinationPort: port }));
    const frame = ethernet(macs.veth10, macs.veth01, ethertype.ipv4, packet);
    const { events, stderr } = await record(trial, ["-c", "skb,skb-drop,dev,ns", ...args], () => sendFrame(client, "veth01", frame, sent));
    equal(await kernelCounter(server, "UdpNoPorts"), sent, "the kernel itself did not drop what was sent");
    const recorded = events.filter(({ parsed_packet }) => parsed_packet?.ports?.destination === port).length;
    check(recorded, reportedLost(stderr), sent);
  });
}

const everyDrop = burst("a burst of drops is recorded without loss", [], (recorded, lost, sent) => {
  equal(lost, 0);
  equal(recorded, sent);
});

const tinyRing = burst("with too small a ring, every lost event is counted", ["--ring-size", "4K"], (recorded, lost, sent) => {
  ok(lost > 0, "nothing was lost in a ring of one page");
  ok(recorded + lost >= sent, `${recorded} recorded and ${lost} lost do not make ${sent}`);
  ok(recorded <= sent);
});

export const scenarios = [everyDrop, tinyRing];
