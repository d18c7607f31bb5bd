/**
 * Collector ct: connections of every kind as the kernel tracks them, in both namespaces. The kinds do not disturb each
 * other, so most are made and recorded together; ports distinguish them.
 */
import { deepEqual, equal, match } from "node:assert/strict";
import { expectEvents, type Expected } from "../support/expect-events.ts";
import { ethernet, ethertype, ipv4 } from "../support/frames.ts";
import type { Namespace } from "../support/netns.ts";
import { record, type Recording, retis } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { macs, twoNamespaces } from "../support/topology.ts";
import { listenTcp, resolveNeighbours, sendFrames, sendTcp, sendUdp, tryTcp } from "../support/traffic.ts";

const port = {
  tcp: 7801,
  closed: 7802,
  translated: 7803,
  translatedTo: 7813,
  marked: 7804,
  untracked: 7805,
  zone: 7806,
  originalZone: 7807,
  dropped: 7808,
};
const v4 = { client: "10.0.42.1", server: "10.0.42.2", virtual: "10.0.42.9" };
const v6 = { client: "1111::1", server: "1111::2" };

const clientRules = `table inet tracking {
  chain raw { type filter hook output priority raw
    udp dport ${port.untracked} notrack
    udp dport ${port.zone} ct zone set 5
    udp dport ${port.originalZone} ct original zone set 9
    udp dport ${port.dropped} ct zone set 7
  }
  chain before { type filter hook output priority -250; udp dport ${port.dropped} drop; }
  chain translation { type nat hook output priority -100; ip daddr ${v4.virtual} udp dport ${port.translated} dnat ip to ${v4.server}:${port.translatedTo}; }
  chain output { type filter hook output priority 0
    udp dport ${port.marked} ct mark set 66
    udp dport ${port.marked} ct label set 3
    udp dport ${port.marked} ct label set 65
  }
}
`;
const serverRules = `table inet tracking {
  chain input { type filter hook input priority 0; ct state new meta l4proto { 47, 132, 253 } drop; }
}
`;

const initTag = "0badf00d";
/** What the server gets as frames, as nothing here sends it otherwise: an INIT of SCTP, GRE, and a protocol without a name. */
const rawPackets: readonly (readonly [number, string])[] = [
  // Ports, tag 0, no checksum; INIT chunk: tag, window, streams, sequence number (RFC 9260).
  [132, `1e8c1e8d 00000000 00000000 01000014 ${initTag} 00010000 00010001 00000001`],
  [47, `00000800 ${"00".repeat(20)}`],
  [253, "00".repeat(24)],
];

async function makeTraffic(trial: Trial, client: Namespace, server: Namespace): Promise<void> {
  await listenTcp(trial, server, port.tcp);
  await sendTcp(client, v4.server, port.tcp, 100);
  await client.run(["ping", "-c", "2", "-i", "0.2", v4.server]);
  await client.run(["ping", "-c", "2", "-i", "0.2", v6.server]);
  await sendUdp(client, v4.virtual, port.translated);
  await sendUdp(client, v6.server, port.closed);
  for (const each of [port.closed, port.marked, port.untracked, port.zone, port.originalZone, port.dropped])
    await sendUdp(client, v4.server, each);
  const frames = rawPackets.map(([protocol, hex]) => {
    const payload = Buffer.from(hex.replaceAll(" ", ""), "hex");
    return ethernet(macs.veth10, macs.veth01, ethertype.ipv4, ipv4(v4.client, v4.server, protocol, payload));
  });
  await sendFrames(client, "veth01", frames);
}

async function recordAll(trial: Trial): Promise<Recording> {
  const { client, server } = await trial.topology(twoNamespaces());
  await resolveNeighbours(client, v4.server, v6.server);
  await client.run(["nft", "-f", "-"], { input: clientRules });
  await server.run(["nft", "-f", "-"], { input: serverRules });
  // The INIT has no checksum.
  await server.run(["sysctl", "-qw", "net.netfilter.nf_conntrack_checksum=0"]);
  return record(trial, ["-c", "skb,skb-drop,ct,dev", "-p", sent], () => makeTraffic(trial, client, server));
}

let recording: Promise<Recording> | undefined;

const sent = "net:net_dev_start_xmit";
const dropped = "skb:kfree_skb";
const requires = ["root", "nftables", "conntrack", `tracepoint:${sent}`, `tracepoint:${dropped}`];

const withoutModule = scenario(
  "ct: a module that is not loaded is named, with what to do",
  { requires: ["root", "no-module:nf_conntrack"] },
  async () => {
    const { status, stderr } = await retis(["collect", "-c", "ct"]);
    equal(status, 1);
    match(stderr, /module nf_conntrack is not loaded/);
    match(stderr, /modprobe nf_conntrack/);
  },
);

/** Bits of `ct_status` (include/uapi/linux/netfilter/nf_conntrack_common.h). */
const status = { expected: 1, seenReply: 2, assured: 4, confirmed: 8, destinationNat: 0x20, natDone: 0x180, template: 0x800 };

function event(symbol: string, ct: Expected, parsed_packet: Expected = {}, section: "ct" | "ct-other" = "ct"): Expected {
  return { kernel: { symbol }, [section]: ct, parsed_packet };
}

/** Expected `orig` and `reply` of a connection from the client to the server, with the same form of addresses in both. */
function directions(
  addresses: { readonly client: string; readonly server: string },
  proto: Expected,
  replyProto: Expected = proto,
): Expected {
  const version = addresses === v6 ? "v6" : "v4";
  return {
    orig: { ip: { src: addresses.client, dst: addresses.server, version }, proto },
    reply: { ip: { src: addresses.server, dst: addresses.client, version }, proto: replyProto },
  };
}

function expecting(name: string, expected: readonly Expected[]) {
  return scenario(`ct: ${name}`, { requires, timeoutMs: 40_000 }, async (trial) => {
    recording ??= recordAll(trial);
    expectEvents((await recording).events, expected);
  });
}

function tcpEvent(device: string, state: string, proto_state: string, ct_status: number): Expected {
  const tuples = directions(v4, { tcp: { sport: "*port", dport: port.tcp } }, { tcp: { sport: port.tcp, dport: "*port" } });
  return { ...event(sent, { state, proto_state, ct_status, zone_id: 0, zone_dir: "Default", mark: 0, ...tuples }), dev: { name: device } };
}

const { seenReply, confirmed } = status;
const open = seenReply | status.assured | confirmed;
/** The client's rules have a chain for translation, which has then looked at each of its connections. */
const clientNew = confirmed | status.natDone;
const clientOpen = open | status.natDone;
const tcp = expecting("a TCP connection from its first to its last packet, on both sides", [
  {
    kernel: { symbol: sent },
    ct: { proto_state: "SYN_SENT", orig: { proto: { tcp: { sport: "&port", dport: port.tcp } } }, state: "new", ct_status: clientNew },
  },
  tcpEvent("veth10", "reply", "SYN_RECV", seenReply | confirmed),
  tcpEvent("veth01", "established", "ESTABLISHED", clientOpen),
  tcpEvent("veth01", "established", "FIN_WAIT", clientOpen),
  tcpEvent("veth10", "reply", "LAST_ACK", open),
  tcpEvent("veth01", "established", "TIME_WAIT", clientOpen),
]);

function echo(name: "icmp" | "icmpv6", addresses: { readonly client: string; readonly server: string }, request: number, answer: number) {
  const proto = (type: number, id: string) => ({ [name]: { type, code: 0, id } });
  const tuples = (id: string) => directions(addresses, proto(request, id), proto(answer, "*id"));
  const section = name === "icmp" ? "ct" : "ct-other";
  return expecting(`echo requests of ${name} are one connection`, [
    event(sent, { state: "new", ct_status: clientNew, ...tuples("&id") }, { icmpType: request }, section),
    event(sent, { state: "reply", ct_status: seenReply | confirmed, ...tuples("*id") }, { icmpType: answer }, section),
    event(sent, { state: "established", ct_status: seenReply | clientNew, ...tuples("*id") }, { icmpType: request }, section),
  ]);
}

function udpTuples(addresses: { readonly client: string; readonly server: string }, destination: number): Expected {
  return directions(addresses, { udp: { sport: "&source", dport: destination } }, { udp: { sport: destination, dport: "*source" } });
}

function refused(family: string, addresses: { readonly client: string; readonly server: string }, type: number) {
  const tuples = udpTuples(addresses, port.closed);
  return expecting(`an ICMP error belongs to the connection of the packet that it is about (${family})`, [
    event(sent, { state: "new", ct_status: clientNew, ...tuples }, { ports: { destination: port.closed } }),
    { ...event(sent, { state: "related_reply", ...tuples }, { icmpType: type }), dev: { name: "veth10" } },
  ]);
}

const translated = expecting("address translation shows in the difference of both directions", [
  event(
    sent,
    {
      state: "new",
      ct_status: clientNew | status.destinationNat,
      orig: { ip: { src: v4.client, dst: v4.virtual }, proto: { udp: { sport: "&source", dport: port.translated } } },
      reply: { ip: { src: v4.server, dst: v4.client }, proto: { udp: { sport: port.translatedTo, dport: "*source" } } },
    },
    { ip: { destination: v4.server }, ports: { destination: port.translatedTo } },
  ),
]);

const marked = expecting("mark and labels are those that rules set", [
  event(sent, { state: "new", mark: 66, labels: { hi: 2, lo: 8 }, ...udpTuples(v4, port.marked) }, { ports: { destination: port.marked } }),
]);

const zones = expecting("zones, for both directions and for one", [
  event(sent, { state: "new", zone_id: 5, zone_dir: "Default", mark: 0 }, { ports: { destination: port.zone } }),
  event(sent, { state: "new", zone_id: 9, zone_dir: "Original" }, { ports: { destination: port.originalZone } }),
]);

const otherProtocols = expecting("SCTP, GRE and a protocol without a name", [
  event(dropped, {
    state: "new",
    // COOKIE_WAIT or CLOSED: kernels differ.
    proto_state: "C",
    ...directions(
      v4,
      { sctp: { sport: 7820, dport: 7821, vtag: 0 } },
      { sctp: { sport: 7821, dport: 7820, vtag: Number.parseInt(initTag, 16) } },
    ),
  }),
  event(dropped, { state: "new", ...directions(v4, { gre: { srckey: 0, dstkey: 0 } }) }, {}, "ct-other"),
  event(dropped, { state: "new", ...directions(v4, { other: { protonum: 253 } }) }, {}, "ct-other"),
]);

/** What is reported, in `ct-other`, of the first packet to this port at a probe. */
async function otherOf(trial: Trial, symbol: string, destination: number): Promise<unknown> {
  recording ??= recordAll(trial);
  const { events } = await recording;
  return events.find(({ kernel, parsed_packet }) => kernel?.symbol === symbol && parsed_packet?.ports?.destination === destination)?.[
    "ct-other"
  ];
}

const untracked = scenario("ct: a packet that a rule exempts is untracked", { requires, timeoutMs: 40_000 }, async (trial) => {
  deepEqual(await otherOf(trial, sent, port.untracked), { state: "untracked" });
});

const template = scenario("ct: a template is reported as such", { requires, timeoutMs: 40_000 }, async (trial) => {
  const { ct_status, ...ct } = (await otherOf(trial, dropped, port.dropped)) as { readonly ct_status: number };
  deepEqual(ct, { state: "new", zone_id: 7, zone_dir: "Default", mark: 0 });
  deepEqual(ct_status & status.template, status.template);
});

const ftpRules = `table ip tracking {
  ct helper transfer { type "ftp" protocol tcp; }
  chain prerouting { type filter hook prerouting priority 0; tcp dport 21 ct helper set "transfer"; }
}
`;

/** Holds a control connection of FTP on which the client announces `dataPort`; both lines have reached the server. */
async function announceDataPort(trial: Trial, client: Namespace, server: Namespace, dataPort: number): Promise<void> {
  const listener = Bun.spawn([...server.command("socat", "-u", "TCP-LISTEN:21,reuseaddr", "STDOUT")], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  trial.defer(() => listener.kill("SIGKILL"));
  const control = Bun.spawn([...client.command("socat", "-u", "STDIN", `TCP:${v4.server}:21,retry=100,interval=0.05`)], {
    stdin: "pipe",
    stderr: "inherit",
  });
  trial.defer(() => control.kill("SIGKILL"));
  const received = listener.stdout.getReader();
  // The kernel only looks at lines that follow another one.
  for (const line of ["USER test", `PORT ${v4.client.replaceAll(".", ",")},${dataPort >> 8},${dataPort & 0xff}`]) {
    control.stdin.write(`${line}\r\n`);
    await control.stdin.flush();
    if ((await received.read()).done) throw new Error("the control connection was not made");
  }
}

const expectation = scenario(
  "ct: an expected connection names its parent",
  { requires: [...requires, "ct-helper:ftp"], timeoutMs: 40_000 },
  async (trial) => {
    const { client, server } = await trial.topology(twoNamespaces());
    await server.run(["nft", "-f", "-"], { input: ftpRules });
    const { events } = await record(trial, ["-c", "skb,ct", "-p", sent], async () => {
      await announceDataPort(trial, client, server, 7830);
      await tryTcp(server, v4.client, 7830);
    });
    expectEvents(events, [
      event(sent, {
        state: "related",
        proto_state: "SYN_SENT",
        ct_status: status.expected | confirmed,
        orig: { ip: { src: v4.server, dst: v4.client }, proto: { tcp: { dport: 7830 } } },
        parent: {
          proto_state: "ESTABLISHED",
          zone_id: 0,
          zone_dir: "Default",
          orig: { ip: { src: v4.client, dst: v4.server, version: "v4" }, proto: { tcp: { dport: 21 } } },
          reply: { ip: { src: v4.server, dst: v4.client, version: "v4" }, proto: { tcp: { sport: 21 } } },
        },
      }),
    ]);
  },
);

const atFunction = scenario(
  "ct: at a function, on the receiving side",
  { where: "oldest and newest", requires: [...requires, "kprobes", "function:tcp_v4_rcv"] },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    await client.run(["nft", "-f", "-"], { input: clientRules });
    const { events } = await record(trial, ["-c", "skb,ct", "-p", "tcp_v4_rcv", "-f", "tcp src port 7840"], () =>
      tryTcp(client, v4.server, 7840),
    );
    // The server refuses, which ends the connection.
    expectEvents(events, [event("tcp_v4_rcv", { state: "reply", proto_state: "CLOSE", orig: { proto: { tcp: { dport: 7840 } } } })]);
  },
);

export const scenarios = [
  // First: what the others load stays loaded.
  withoutModule,
  tcp,
  refused("IPv4", v4, 3),
  refused("IPv6", v6, 1),
  echo("icmp", v4, 8, 0),
  echo("icmpv6", v6, 128, 129),
  translated,
  marked,
  zones,
  otherProtocols,
  untracked,
  template,
  expectation,
  atFunction,
];
