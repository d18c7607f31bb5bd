/** Collector skb-drop: drops of every common kind, each with the kernel's reason and the packet. */
import { expectEvents, type Expected } from "../support/expect-events.ts";
import { ethernet, ethertype, ipv4, ipv6, protocol, tcpSyn, udp } from "../support/frames.ts";
import { record } from "../support/retis.ts";
import { scenario } from "../support/scenario.ts";
import { macs, twoNamespaces } from "../support/topology.ts";
import { openFilteredReceiver, resolveNeighbours, sendFrame, sendUdp, tryTcp } from "../support/traffic.ts";

const collect = ["-c", "skb,skb-drop,dev,ns"];
const v4 = { source: "10.0.42.1", destination: "10.0.42.2" };
const v6 = { source: "1111::1", destination: "1111::2" };
const dropTracepoint = "tracepoint:skb:kfree_skb";

/** A drop in the server's namespace of a packet to this port. */
function drop(reason: string, proto: number, { source, destination }: typeof v4, port: number): Expected {
  return {
    kernel: { symbol: "skb:kfree_skb", probe_type: "raw_tracepoint" },
    "skb-drop": { drop_reason: reason },
    dev: { name: "veth10" },
    parsed_packet: { ip: { source, destination, ttl: 64, protocol: proto }, ports: { destination: port } },
  };
}

const noSocket = scenario("a closed port drops with NO_SOCKET", { requires: ["root", "drop-reason:NO_SOCKET"] }, async (trial) => {
  const { client } = await trial.topology(twoNamespaces());
  const { events } = await record(trial, collect, async () => {
    await sendUdp(client, v4.destination, 7001);
    await tryTcp(client, v4.destination, 7002);
    await sendUdp(client, v6.destination, 7003);
    await tryTcp(client, v6.destination, 7004);
  });
  expectEvents(events, [
    { ...drop("NO_SOCKET", protocol.udp, v4, 7001), common: { task: { comm: "socat" } } },
    { ...drop("NO_SOCKET", protocol.tcp, v4, 7002), common: { task: { comm: "socat" } } },
    drop("NO_SOCKET", protocol.udp, v6, 7003),
    drop("NO_SOCKET", protocol.tcp, v6, 7004),
  ]);
});

const netfilter = scenario("an nftables rule drops with NETFILTER_DROP", { requires: ["root", "nftables", "drop-reason:NETFILTER_DROP"] }, async (trial) => {
  const { client, server } = await trial.topology(twoNamespaces());
  await resolveNeighbours(client, v4.destination, v6.destination);
  const rules = "table inet filter { chain input { type filter hook input priority 0; udp dport 7100-7199 drop; }; }";
  await server.run(["nft", "-f", "-"], { input: rules });
  const { events } = await record(trial, collect, async () => {
    await sendUdp(client, v4.destination, 7101);
    await sendUdp(client, v6.destination, 7102);
  });
  expectEvents(events, [drop("NETFILTER_DROP", protocol.udp, v4, 7101), drop("NETFILTER_DROP", protocol.udp, v6, 7102)]);
});

const checksums = scenario(
  "bad checksums drop with IP_CSUM, TCP_CSUM and UDP_CSUM",
  { requires: ["root", "drop-reason:IP_CSUM", "drop-reason:TCP_CSUM", "drop-reason:UDP_CSUM"] },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    const ports = (destinationPort: number) => ({ sourcePort: 7200, destinationPort });
    const packets = [
      ipv4(v4.source, v4.destination, protocol.udp, udp(v4, ports(7201)), { checksum: "bad" }),
      ipv4(v4.source, v4.destination, protocol.tcp, tcpSyn(v4, { ...ports(7202), checksum: "bad" })),
      ipv4(v4.source, v4.destination, protocol.udp, udp(v4, { ...ports(7203), checksum: "bad" })),
    ].map((packet) => ethernet(macs.veth10, macs.veth01, ethertype.ipv4, packet));
    const packets6 = [
      ipv6(v6.source, v6.destination, protocol.tcp, tcpSyn(v6, { ...ports(7204), checksum: "bad" })),
      ipv6(v6.source, v6.destination, protocol.udp, udp(v6, { ...ports(7205), checksum: "bad" })),
    ].map((packet) => ethernet(macs.veth10, macs.veth01, ethertype.ipv6, packet));
    const { events } = await record(trial, collect, async () => {
      for (const frame of [...packets, ...packets6]) await sendFrame(client, "veth01", frame);
    });
    expectEvents(events, [
      drop("IP_CSUM", protocol.udp, v4, 7201),
      drop("TCP_CSUM", protocol.tcp, v4, 7202),
      drop("UDP_CSUM", protocol.udp, v4, 7203),
      drop("TCP_CSUM", protocol.tcp, v6, 7204),
      drop("UDP_CSUM", protocol.udp, v6, 7205),
    ]);
  },
);

const socketFilter = scenario("a socket's filter drops with SOCKET_FILTER", { requires: ["root", "drop-reason:SOCKET_FILTER"] }, async (trial) => {
  const { client, server } = await trial.topology(twoNamespaces());
  await openFilteredReceiver(trial, server, v4.destination, 7301);
  await openFilteredReceiver(trial, server, v6.destination, 7302);
  const { events } = await record(trial, collect, async () => {
    await sendUdp(client, v4.destination, 7301);
    await sendUdp(client, v6.destination, 7302);
  });
  expectEvents(events, [drop("SOCKET_FILTER", protocol.udp, v4, 7301), drop("SOCKET_FILTER", protocol.udp, v6, 7302)]);
});

const unicastInMulticast = scenario(
  "unicast IP in a multicast frame drops with UNICAST_IN_L2_MULTICAST",
  { requires: ["root", "drop-reason:UNICAST_IN_L2_MULTICAST"] },
  async (trial) => {
    const { client, server } = await trial.topology(twoNamespaces());
    const switches = ["ipv4.conf.all", "ipv6.conf.veth10"].map((scope) => `net.${scope}.drop_unicast_in_l2_multicast=1`);
    await server.run(["sysctl", "-qw", ...switches]);
    const ports = (destinationPort: number) => ({ sourcePort: 7400, destinationPort });
    const packet = ipv4(v4.source, v4.destination, protocol.udp, udp(v4, ports(7401)));
    const packet6 = ipv6(v6.source, v6.destination, protocol.udp, udp(v6, ports(7402)));
    const { events } = await record(trial, collect, async () => {
      await sendFrame(client, "veth01", ethernet("01:00:5e:00:00:01", macs.veth01, ethertype.ipv4, packet));
      await sendFrame(client, "veth01", ethernet("33:33:00:00:00:01", macs.veth01, ethertype.ipv6, packet6));
    });
    expectEvents(events, [
      drop("UNICAST_IN_L2_MULTICAST", protocol.udp, v4, 7401),
      drop("UNICAST_IN_L2_MULTICAST", protocol.udp, v6, 7402),
    ]);
  },
);

const withoutReasons = scenario("a kernel without drop reasons still shows drops, as NOT_SPECIFIED", { requires: ["root", "no-drop-reasons", dropTracepoint] }, async (trial) => {
  const { client } = await trial.topology(twoNamespaces());
  const { events } = await record(trial, collect, async () => {
    await sendUdp(client, v4.destination, 7501);
    await tryTcp(client, v4.destination, 7502);
    await sendUdp(client, v6.destination, 7503);
  });
  expectEvents(events, [
    drop("NOT_SPECIFIED", protocol.udp, v4, 7501),
    drop("NOT_SPECIFIED", protocol.tcp, v4, 7502),
    drop("NOT_SPECIFIED", protocol.udp, v6, 7503),
  ]);
});

export const scenarios = [noSocket, netfilter, checksums, socketFilter, unicastInMulticast, withoutReasons];
