/** Rules of collector skb-drop: what each is about is provoked, and the class is the one that the tool itself reports. */
import { equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { dropRules } from "../../collectors/skb-drop/advice/drop-rules.ts";
import { ethernet, ethertype, icmp, icmp6, ipv4, ipv6, ipv6Bytes, protocol, udp } from "../support/frames.ts";
import type { Namespace } from "../support/netns.ts";
import { runCommand } from "../support/command.ts";
import { Collection, settle } from "../support/retis.ts";
import { scenario } from "../support/scenario.ts";
import { macs, twoNamespaces } from "../support/topology.ts";
import { sendFrames } from "../support/traffic.ts";

type FlatRecord = Readonly<Record<string, string | number>>;

/** A frame that the server drops as part of its normal work. */
interface Provoked {
  /** The rule that makes it normal; undefined where its reason alone does. */
  readonly rule: string | undefined;
  readonly frame: Buffer;
  /** The record of its drop. */
  readonly is: (record: FlatRecord) => boolean;
  /** Reasons of all kernels that have reasons. */
  readonly reasons: readonly string[];
}

/** Rules with a scenario of their own. */
const elsewhere = ["vsock-message", "receive-context-made"];

const client = { v4: "10.0.42.1", v6: "1111::1", link: "fe80::42:1" };
const server = { v4: "10.0.42.2", v6: "1111::2" };
const broadcastMac = "ff:ff:ff:ff:ff:ff";
const unread = { address: server.v4, port: 7821 };

function udp4(mac: string, destination: string, port: number): Buffer {
  const route = { source: client.v4, destination };
  const datagram = udp(route, { sourcePort: 7000, destinationPort: port });
  return ethernet(mac, macs.veth01, ethertype.ipv4, ipv4(route.source, destination, protocol.udp, datagram));
}

function raw4(mac: string, destination: string, proto: number, payload: Buffer): Buffer {
  return ethernet(mac, macs.veth01, ethertype.ipv4, ipv4(client.v4, destination, proto, payload));
}

function udp6(mac: string, destination: string, port: number): Buffer {
  const route = { source: client.v6, destination };
  const datagram = udp(route, { sourcePort: 7000, destinationPort: port });
  return ethernet(mac, macs.veth01, ethertype.ipv6, ipv6(route.source, destination, protocol.udp, datagram));
}

/** Neighbour discovery (RFC 4861): hop limit 255. */
function discovery(mac: string, source: string, destination: string, type: number, ...rest: readonly Buffer[]): Buffer {
  const message = icmp6({ source, destination }, type, Buffer.concat([Buffer.alloc(4), ...rest]));
  return ethernet(mac, macs.veth01, ethertype.ipv6, ipv6(source, destination, protocol.icmp6, message, 255));
}

const multicast = "multicast-without-listener";
const broadcast = "broadcast-without-listener";
const type = { routerSolicitation: 133, neighbourSolicitation: 135, neighbourAdvertisement: 136, echoReply6: 129, listenerReport: 143 };
const to = (address: string, port?: number) => (record: FlatRecord) => record["dst"] === address && record["dport"] === port;

function normal(rule: string | undefined, frame: Buffer, is: Provoked["is"], ...reasons: readonly string[]): Provoked {
  return { rule, frame, is, reasons };
}

const provoked: Readonly<Record<string, Provoked>> = {
  "mDNS, IPv4": normal(
    multicast,
    udp4("01:00:5e:00:00:fb", "224.0.0.251", 5353),
    to("224.0.0.251", 5353),
    "NOT_SPECIFIED",
    "IP_INVALID_DEST",
  ),
  SSDP: normal(
    multicast,
    udp4("01:00:5e:7f:ff:fa", "239.255.255.250", 1900),
    to("239.255.255.250", 1900),
    "NOT_SPECIFIED",
    "IP_INVALID_DEST",
  ),
  "a joined group without a socket": normal(
    multicast,
    udp4("01:00:5e:00:00:01", "224.0.0.1", 5999),
    to("224.0.0.1", 5999),
    "NOT_SPECIFIED",
  ),
  OSPF: normal(
    multicast,
    raw4("01:00:5e:00:00:05", "224.0.0.5", 89, Buffer.alloc(20)),
    to("224.0.0.5"),
    "NOT_SPECIFIED",
    "IP_INVALID_DEST",
  ),
  VRRP: normal(
    multicast,
    raw4("01:00:5e:00:00:12", "224.0.0.18", 112, Buffer.alloc(20)),
    to("224.0.0.18"),
    "NOT_SPECIFIED",
    "IP_INVALID_DEST",
  ),
  "mDNS, IPv6": normal(multicast, udp6("33:33:00:00:00:fb", "ff02::fb", 5353), to("ff02::fb", 5353), "NOT_SPECIFIED"),
  LLMNR: normal(multicast, udp6("33:33:00:00:00:01", "ff02::1", 5355), to("ff02::1", 5355), "NOT_SPECIFIED"),
  "a router solicitation": normal(
    multicast,
    discovery("33:33:00:00:00:02", client.link, "ff02::2", type.routerSolicitation),
    to("ff02::2"),
    "NOT_SPECIFIED",
  ),
  "a neighbour advertisement that lacks the link-layer address": normal(
    multicast,
    discovery("33:33:00:00:00:01", client.link, "ff02::1", type.neighbourAdvertisement, ipv6Bytes("fe80::99")),
    to("ff02::1"),
    "NOT_SPECIFIED",
  ),
  "a solicitation of another host": normal(
    multicast,
    discovery("33:33:ff:00:99:99", client.link, "ff02::1:ff00:9999", type.neighbourSolicitation, ipv6Bytes("1111::9999")),
    to("ff02::1:ff00:9999"),
    "NOT_SPECIFIED",
  ),
  "duplicate address detection": normal(
    multicast,
    discovery("33:33:ff:00:77:77", "::", "ff02::1:ff00:7777", type.neighbourSolicitation, ipv6Bytes("1111::7777")),
    to("ff02::1:ff00:7777"),
    "NOT_SPECIFIED",
  ),
  "a multicast listener report": normal(
    multicast,
    discovery("33:33:00:00:00:16", client.link, "ff02::16", type.listenerReport),
    to("ff02::16"),
    "NOT_SPECIFIED",
  ),
  NetBIOS: normal(broadcast, udp4(broadcastMac, "10.0.42.255", 137), to("10.0.42.255", 137), "NOT_SPECIFIED"),
  DHCP: normal(broadcast, udp4(broadcastMac, "255.255.255.255", 67), to("255.255.255.255", 67), "NOT_SPECIFIED"),
  "an echo reply, IPv4": normal(
    "echo-reply-without-ping",
    raw4(macs.veth10, server.v4, protocol.icmp, icmp(0, Buffer.alloc(8))),
    ({ dst, proto }) => dst === server.v4 && proto === "icmp",
    "NO_SOCKET",
  ),
  "an echo reply, IPv6": normal(
    "echo-reply-without-ping",
    discovery(macs.veth10, client.v6, server.v6, type.echoReply6, Buffer.alloc(4)),
    ({ dst, proto }) => dst === server.v6 && proto === "icmp6",
    "NO_SOCKET",
  ),
  "a spanning tree frame": normal(
    "spanning-tree-without-bridge",
    ethernet("01:80:c2:00:00:00", macs.veth01, 38, Buffer.concat([Buffer.from([0x42, 0x42, 3]), Buffer.alloc(43)])),
    ({ location, dev }) => dev === "veth10" && /^(stp_pdu_rcv|br_stp_rcv)/.test(String(location)),
    "NOT_SPECIFIED",
  ),
  LLDP: normal(
    undefined,
    ethernet("01:80:c2:00:00:0e", macs.veth01, 0x88cc, Buffer.alloc(46)),
    ({ reason, dev, src }) => reason === "UNHANDLED_PROTO" && dev === "veth10" && src === undefined,
    "UNHANDLED_PROTO",
  ),
  "a frame for another host": normal(undefined, udp4("02:00:00:00:99:99", server.v4, 7831), to(server.v4, 7831), "OTHERHOST"),
};

async function closeWithUnreadData(where: Namespace): Promise<void> {
  await where.run(["/usr/bin/python3", join(import.meta.dir, "../support/abandoned-socket.py"), unread.address, String(unread.port)]);
}

/** Devices that make addresses of their own: they report groups and look for duplicates, which nothing listens to. */
async function bringUpDevices(where: Namespace): Promise<void> {
  await where.run(["sysctl", "-qw", "net.ipv6.conf.default.addr_gen_mode=0"]);
  await where.ip("link add up0 type veth peer name up1", "link set up0 up", "link set up1 up");
}

function flatRecords(stdout: string): readonly FlatRecord[] {
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as FlatRecord);
}

const rules = scenario(
  "what each rule is about is dropped, and the tool says that it is normal",
  { requires: ["root", "drop-reason:UNHANDLED_PROTO"], where: "once" },
  async (trial) => {
    const { client: sender, server: receiver } = await trial.topology(twoNamespaces());
    const live = await Collection.start(trial, ["--all", "--format", "flat"], { command: "drops" });
    await bringUpDevices(receiver);
    const cases = Object.entries(provoked);
    await sendFrames(
      sender,
      "veth01",
      cases.map(([, { frame }]) => frame),
    );
    await live.waitForOutput(/"dev":"up[01]"/);
    // Sockets are destroyed after a grace period. Events get lost where other things on this host drop very much.
    const isShown = new RegExp(`"dport":${unread.port}\\b`);
    for (let tries = 0; tries < 10; tries++) {
      await closeWithUnreadData(receiver);
      if (await live.showsOutput(isShown, 1000 * trial.slowdown)) break;
    }
    const { stdout } = await live.stop();
    const records = flatRecords(stdout).filter((record) => [receiver.name, undefined].includes(record["netns_name"] as string | undefined));

    const seen = new Set<string>();
    for (const [what, { rule, is, reasons }] of cases) {
      const drop = records.find(is);
      ok(drop !== undefined, `no drop of ${what}`);
      ok(reasons.includes(String(drop["reason"])), `${what}: reason ${drop["reason"]}`);
      equal(drop["class"], "normal", `${what}: ${JSON.stringify(drop)}`);
      if (rule !== undefined) seen.add(rule);
    }
    const starting = records.filter(({ dev }) => dev === "up0" || dev === "up1");
    ok(starting.length > 0, "no drop at devices that come up");
    for (const drop of starting) equal(drop["class"], "normal", `a device that comes up: ${JSON.stringify(drop)}`);
    const left = records.find(to(unread.address, unread.port));
    equal(left?.["class"], "normal", `unread data: ${JSON.stringify(left)}`);
    seen.add("unread-at-close");

    for (const { name } of dropRules) ok(seen.has(name) || elsewhere.includes(name), `nothing provokes the rule ${name}`);
  },
);

const vsock = scenario(
  "what a machine and its host send each other is normal, whichever function drops it",
  // Before Linux 6.3 they are no socket buffers.
  { requires: ["root", "vsock-loopback", "drop-reason:QUEUE_PURGE"], where: "oldest and newest" },
  async (trial) => {
    const collection = await Collection.start(trial, ["-c", "skb-drop", "--format", "flat"]);
    equal((await runCommand(["/usr/bin/python3", join(import.meta.dir, "../support/unread-vsock.py")])).status, 0);
    await collection.waitForOutput(/"location":"virtio_transport_/);
    const { stdout } = await collection.stop();
    const drops = flatRecords(stdout).filter(({ location }) => /^virtio_transport_|vsock/.test(String(location)));
    for (const drop of drops) equal(drop["class"], "normal", JSON.stringify(drop));
  },
);

const receiveContext = scenario(
  "what the kernel tries out when a device gets a receive context is normal",
  { requires: ["root", "drop-reasons", "program:ethtool"], where: "once" },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    const collection = await Collection.start(trial, ["-c", "skb-drop", "--format", "flat"]);
    // Each of its queues gets one.
    await client.ip("link add name gro0 type veth peer name gro1", "link set gro0 up");
    await client.run(["ethtool", "-K", "gro0", "gro", "on"]);
    await settle(trial);
    const { stdout } = await collection.stop();
    const drops = flatRecords(stdout).filter(({ location }) => /^napi_|^netif_napi_/.test(String(location)));
    for (const drop of drops) equal(drop["class"], "normal", JSON.stringify(drop));
    ok(drops.length > 0, "no such drop");
  },
);

export const scenarios = [rules, vsock, receiveContext];
