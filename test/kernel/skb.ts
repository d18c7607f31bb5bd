/** Collector skb: packet bytes, VLAN tags, metadata. */
import { equal, ok } from "node:assert/strict";
import type { RecordedEvent } from "../support/event-file.ts";
import { expectEvents } from "../support/expect-events.ts";
import { ethernet, ethertype, ipv4, protocol, udp, vlanTag } from "../support/frames.ts";
import { record } from "../support/retis.ts";
import { scenario } from "../support/scenario.ts";
import { macs, twoNamespaces, twoNamespacesVlan } from "../support/topology.ts";
import { listenTcp, resolveNeighbours, sendFrame, sendTcp, sendUdp } from "../support/traffic.ts";

const headerBytes = 14 + 20 + 8;
const snapLength = 255;
const transmit = ["-p", "tp:net:net_dev_start_xmit"];
const transmitTracepoint = "tracepoint:net:net_dev_start_xmit";

function toPort(events: readonly RecordedEvent[], port: number): RecordedEvent {
  const found = events.find(({ parsed_packet }) => parsed_packet?.ports?.destination === port);
  if (found === undefined) throw new Error(`no event of a packet to port ${port} among ${events.length}`);
  return found;
}

const longPacket = scenario(
  "a packet longer than the snap length is cut, its length is kept",
  { where: "oldest and newest", requires: ["root", "tracepoint:skb:kfree_skb"] },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    const { events } = await record(trial, ["-c", "skb,skb-drop"], async () => {
      await sendUdp(client, "10.0.42.2", 7601, 1000);
      await sendUdp(client, "10.0.42.2", 7602, 10);
    });
    const { packet: long } = toPort(events, 7601);
    equal(long?.len, headerBytes + 1000);
    equal(long?.capture_len, snapLength);
    equal(Buffer.from(long?.data ?? "", "base64").length, snapLength);
    const { packet: short } = toPort(events, 7602);
    equal(short?.len, headerBytes + 10);
    equal(short?.capture_len, headerBytes + 10);
  },
);

/** Sends a datagram with mark and priority to an address and a port. */
const sendMarked = `import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, 36, 0xabc)  # SO_MARK
s.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, 5)
s.sendto(b"marked", (sys.argv[1], int(sys.argv[2])))`;

const metadata = scenario(
  "--skb-sections all adds metadata, references and GSO",
  { where: "oldest and newest", requires: ["root", transmitTracepoint] },
  async (trial) => {
    const { client, server } = await trial.topology(twoNamespaces());
    await resolveNeighbours(client, "10.0.42.2");
    await listenTcp(trial, server, 7610);
    const { events } = await record(trial, ["-c", "skb,dev", "--skb-sections", "all", ...transmit], async () => {
      await client.run(["python3", "-c", sendMarked, "10.0.42.2", "7611"]);
      await sendTcp(client, "10.0.42.2", 7610, 200_000);
    });
    expectEvents(events, [
      { dev: { name: "veth01" }, parsed_packet: { ports: { destination: 7611 } }, skb: { meta: { mark: 0xabc, priority: 5 } } },
      // The SYN: 14 + 20 + 20 bytes and 20 of options, checksum left to the (virtual) device.
      {
        dev: { name: "veth01" },
        parsed_packet: { ports: { destination: 7610 }, tcpFlags: 2 },
        packet: { len: 74, capture_len: 74 },
        skb: { meta: { len: 74, data_len: 0, ip_summed: 3 }, data_ref: { cloned: true } },
      },
      { dev: { name: "veth01" }, parsed_packet: { ports: { destination: 7610 } }, skb: { gso: { size: 1448 } } },
    ]);
  },
);

const vlanDevices = scenario(
  "a VLAN tag shows as accelerated with offload, in the frame without",
  { where: "oldest and newest", requires: ["root", "vlan", transmitTracepoint] },
  async (trial) => {
    const { client } = await trial.topology(twoNamespacesVlan());
    const { events } = await record(trial, ["-c", "skb,dev", ...transmit], async () => {
      await sendUdp(client, "10.0.43.2", 7620);
    });
    const reply = { ip: { source: "10.0.43.2", destination: "10.0.43.1", protocol: 1 }, icmpType: 3 };
    expectEvents(events, [
      {
        dev: { name: "veth01" },
        skb: { vlan_accel: { proto: 0x8100, vid: 123, pcp: 0, dei: false } },
        parsed_packet: { ethernet: { type: ethertype.ipv4 }, ports: { destination: 7620 } },
      },
      { dev: { name: "veth10" }, parsed_packet: { ethernet: { type: ethertype.vlan }, vlan: { vid: 123, pcp: 0 }, ...reply } },
    ]);
    const inFrame = events.filter(
      ({ parsed_packet, dev }) => parsed_packet?.vlan !== undefined && (dev as { name: string }).name === "veth10",
    );
    ok(
      inFrame.every(({ skb }) => (skb as { vlan_accel?: unknown } | undefined)?.vlan_accel === undefined),
      "a tag in the frame is also shown as accelerated",
    );
  },
);

const vlanInFrame = scenario(
  "a VLAN tag in the frame is captured on a kernel without VLAN devices too",
  { requires: ["root", transmitTracepoint], where: "once" },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    const route = { source: "10.0.42.1", destination: "10.0.42.2" };
    const packet = ipv4(route.source, route.destination, protocol.udp, udp(route, { sourcePort: 7630, destinationPort: 7631 }));
    const frame = ethernet(macs.veth10, macs.veth01, ethertype.vlan, vlanTag(5, ethertype.ipv4, packet));
    const { events } = await record(trial, ["-c", "skb,dev", ...transmit], () => sendFrame(client, "veth01", frame));
    expectEvents(events, [{ dev: { name: "veth01" }, parsed_packet: { vlan: { vid: 5 }, ports: { source: 7630, destination: 7631 } } }]);
  },
);

export const scenarios = [longPacket, metadata, vlanDevices, vlanInFrame];
