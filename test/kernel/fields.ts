/** Fields of probes, `-p PROBE:{…}`: held to what collectors report of the same hit, and to what the network is. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kernelEvents, readEvents, type RecordedEvent } from "../support/event-file.ts";
import { record, retis } from "../support/retis.ts";
import { scenario } from "../support/scenario.ts";
import { macs, twoNamespaces } from "../support/topology.ts";
import { sendUdp, tryTcp } from "../support/traffic.ts";

type Fields = Readonly<Record<string, unknown>>;
const server = "10.0.42.2";
const port = 8741;

const atPackets = [
  ...["skb.len as len", "skb.dev.ifindex", "skb.dev.name", "skb.protocol", "mac(skb.dev.dev_addr) as mac", "hex(skb.len) as hex"],
  ...["skb", "skb.pkt_type", "skb.sk.sk_family", "sk_buff(skb).dev.nd_net.net.ns.inum", "skb.dev.netdev_ops.ndo_start_xmit as xmit"],
];
const atSockets = [
  ...["sk.sk_state", "sk.sk_dport", "sk.sk_daddr", "sk.sk_rcv_saddr", "newstate", "arg1 as oldstate", "sk.sk_prot.name"],
  ...["tcp_sock(sk).snd_cwnd as cwnd", "sk.sk_prot.connect", "sk.sk_socket.wq.fasync_list.fa_file.f_inode as of_nobody"],
];

/** The first event of a probe whose fields are these, among others. */
function eventAt(
  events: readonly RecordedEvent[],
  symbol: string,
  wanted: Fields,
): { readonly event: RecordedEvent; readonly fields: Fields } {
  const fieldsOf = (event: RecordedEvent) => event["fields"] as Fields | undefined;
  const has = (fields: Fields | undefined) =>
    fields !== undefined && Object.entries(wanted).every(([name, value]) => fields[name] === value);
  const event = events.find((each) => each.kernel?.symbol === symbol && has(fieldsOf(each)));
  const seen = events.map((each) => Bun.inspect([each.kernel?.symbol, fieldsOf(each)])).join("\n");
  ok(event, `no event of ${symbol} with ${Bun.inspect(wanted)} among:\n${seen}`);
  return { event, fields: fieldsOf(event)! };
}

const tracepoints = scenario(
  "fields of tracepoints have the values that collectors report; states have names, addresses and functions their text",
  { requires: ["root", "tracepoint:net:net_dev_queue", "tracepoint:sock:inet_sock_set_state"], timeoutMs: 30_000 },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    const probes = [`tp:net:net_dev_queue:{${atPackets.join(", ")}}`, `sock:inet_sock_set_state/stack:{${atSockets.join()}}`];
    const { events } = await record(trial, ["-c", "skb,dev,ns", "-p", probes[0]!, "-p", probes[1]!], async () => {
      await sendUdp(client, server, port);
      await tryTcp(client, server, port);
    });
    const { event, fields } = eventAt(events, "net:net_dev_queue", { sk_family: 2, name: "veth01", inum: client.inode() });
    const { dev, netns } = event as unknown as { readonly dev: Fields; readonly netns: Fields };
    const facts = { ifindex: dev["ifindex"], name: dev["name"], inum: netns["inum"] };
    const { len, skb, xmit, ...others } = fields;
    deepEqual(others, { ...facts, protocol: 0x0800, mac: macs.veth01, hex: `0x${Number(len).toString(16)}`, pkt_type: 0, sk_family: 2 });
    match(String(skb), /^0x[0-9a-f]{16}$/);
    match(String(xmit), /^veth_xmit\+0x0/);
    const connecting = eventAt(events, "sock:inet_sock_set_state", { newstate: 2, sk_dport: port });
    const { sk_rcv_saddr: source, cwnd, connect, ...state } = connecting.fields;
    deepEqual(state, { sk_state: "TCP_CLOSE", sk_dport: port, sk_daddr: server, newstate: 2, oldstate: 7, name: "TCP" });
    equal(source, "10.0.42.1");
    ok(Number(cwnd) > 0, `cwnd ${cwnd}`);
    match(String(connect), /^tcp_v4_connect\+0x0/);
  },
);

const functions = scenario(
  "fields of functions are read at their entry, at their return with what they returned, and for packets that pass the filters",
  { requires: ["root", "kprobes", "function:tcp_v4_connect", "function:ip_output"], timeoutMs: 30_000 },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    const probes = [
      "tcp_v4_connect:{sk.sk_state, addr_len}",
      "kr:tcp_v4_connect:{retval, sk.sk_state, sk.sk_daddr}",
      "ip_output:{skb.len}",
    ];
    const args = ["-c", "skb", "-f", `udp dst port ${port}`, ...probes.flatMap((probe) => ["-p", probe])];
    const filtered = await record(trial, args, async () => {
      await tryTcp(client, server, port);
      await sendUdp(client, server, port);
    });
    eventAt(filtered.events, "ip_output", { len: 44 });
    equal(filtered.events.length, 1);
    const whole = await record(trial, ["-c", "skb", ...probes.slice(0, 2).flatMap((probe) => ["-p", probe])], () =>
      tryTcp(client, server, port),
    );
    eventAt(whole.events, "tcp_v4_connect", { sk_state: "TCP_CLOSE", addr_len: 16 });
    eventAt(whole.events, "tcp_v4_connect", { retval: 0, sk_state: "TCP_SYN_SENT", sk_daddr: server });
  },
);

const fromProfile = scenario(
  "a profile holds fields as the command line does",
  { requires: ["root", "tracepoint:net:net_dev_queue"], where: "once" },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    const [profile, file] = [join(trial.directory, "lengths.yaml"), join(trial.directory, "events.json")];
    const probe = "tp:net:net_dev_queue:{skb.len, skb.dev.name as device}";
    writeFileSync(
      profile,
      `version: 1.0\nname: lengths\nabout: Lengths\ncollect:\n  - name: all\n    args: {probe: ['${probe}'], collectors: skb}\n`,
    );
    const send = client.command("sh", "-c", `echo -n hello | socat -u STDIN UDP4:${server}:${port}`);
    const { status, stderr } = await retis(["-p", profile, "collect", "-o", file, "--cmd", send.map((word) => `'${word}'`).join(" ")], {
      timeoutMs: 30_000 * trial.slowdown,
    });
    equal(status, 0, stderr);
    eventAt(kernelEvents(readEvents(file)), "net:net_dev_queue", { len: 47, device: "veth01" });
  },
);

/** JSON types that a schema allows a property; any where it says so. */
function typesOf(property: Fields): readonly string[] {
  const { type, oneOf } = property as { readonly type?: string | readonly string[]; readonly oneOf?: readonly Fields[] };
  return oneOf === undefined ? [type ?? []].flat() : oneOf.flatMap(typesOf);
}

const samePlaces = scenario(
  "fields of several probes may have the same names and other types: text, JSON, CBOR and the schema have those of each probe",
  { requires: ["root", "tracepoint:net:net_dev_queue", "tracepoint:net:netif_receive_skb"], where: "once", timeoutMs: 30_000 },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    const probes = [
      "tp:net:net_dev_queue:{skb.len, skb.dev.name as place, skb.protocol}",
      "tp:net:netif_receive_skb:{hex(skb.len) as len, skb.dev.ifindex as place, skb.pkt_type}",
    ];
    const shown = ["--print", "--format", "single-line", ...probes.flatMap((probe) => ["-p", probe])];
    const { events, stdout } = await record(trial, ["-c", "skb", "-f", `udp dst port ${port}`, ...shown], () =>
      sendUdp(client, server, port),
    );
    const wanted = { queued: { len: 58, place: "veth01", protocol: 0x0800 }, received: { len: "0x2c", pkt_type: 0 } };
    const { fields: queued } = eventAt(events, "net:net_dev_queue", wanted.queued);
    const { fields: received } = eventAt(events, "net:netif_receive_skb", wanted.received);
    deepEqual(queued, wanted.queued);
    equal(typeof received["place"], "number");
    const file = join(trial.directory, readdirSync(trial.directory).find((name) => name.endsWith(".json"))!);
    const { schema } = JSON.parse(readFileSync(file, "utf8").split("\n")[0]!);
    const { description, properties } = schema.$defs.FieldsEvent;
    equal(description, "Fields of tp:net:net_dev_queue, tp:net:netif_receive_skb. What was read there");
    for (const [name, value] of [...Object.entries(queued), ...Object.entries(received)]) {
      const types = typesOf(properties[name]);
      const type = typeof value === "number" && types.includes("integer") ? "integer" : typeof value;
      ok(types.includes(type), `the schema of ${name} does not allow ${value}: ${Bun.inspect(properties[name])}`);
    }
    const [cbor, json] = [join(trial.directory, "sorted.data"), join(trial.directory, "sorted.jsonl")];
    const text = async (...args: readonly string[]) => {
      const { status, stdout: printed, stderr } = await retis(args);
      equal(status, 0, stderr);
      return printed;
    };
    for (const output of [cbor, json]) await text("sort", file, "-o", output);
    for (const input of [file, cbor]) await text("stats", input);
    equal(await text("print", cbor, "--format", "json"), await text("print", json, "--format", "json"));
    ok((await text("print", file, "--format", "single-line")).endsWith(stdout));
    match(stdout, /fields len 58 place veth01 protocol 2048\n/);
    match(stdout, /fields len 0x2c place \d+ pkt_type 0\n/);
  },
);

export const scenarios = [tracepoints, functions, fromProfile, samePlaces];
