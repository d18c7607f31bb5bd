/**
 * An event as one flat record: scalars under fixed names, for programs that group and filter without knowing sections or packets.
 * Names never change their meaning; new ones may come.
 */
import type { Event, SectionData } from "../api/event.ts";
import { asSkbTracking, trackingIdText } from "../api/skb-tracking.ts";
import { decodePacket } from "../packet/decode-packet.ts";
import type { Layer } from "../packet/layer.ts";
import { portsAfter } from "../packet/ports-after.ts";
import { withoutQuote } from "../packet/without-quote.ts";

export type FlatRecord = Readonly<Record<string, string | number>>;

/** Description of a field, for `retis schema --flat`. */
interface FlatField {
  readonly type: "string" | "integer";
  readonly description: string;
}

const text = (description: string): FlatField => ({ type: "string", description });
const integer = (description: string): FlatField => ({ type: "integer", description });

/** All fields, in the order of a record. Each is absent from records of events that do not have it. */
export const flatFields: Readonly<Record<string, FlatField>> = {
  time: text("Time of the event, RFC 3339 in UTC, nanoseconds. Absent when the offset of the clocks is not known"),
  host: text("Host that recorded"),
  probe: text("Probe as `--probe` takes it, e.g. tp:skb:kfree_skb"),
  reason: text("Drop reason. Present in drops only"),
  subsystem: text("Subsystem of the drop reason: core, openvswitch, ..."),
  class: text("Whether such drops are usually a `problem`, `normal`, or `unknown`"),
  location: text("Where the packet was dropped: function and offset"),
  src: text("Source address of the outermost IP packet, or of ARP"),
  dst: text("Destination address of the outermost IP packet, or of ARP"),
  sport: integer("Source port"),
  dport: integer("Destination port"),
  proto: text("Protocol: tcp, udp, icmp, icmp6, sctp, arp, or the number of another IP protocol"),
  len: integer("Length of the packet in bytes, from its link-layer header on"),
  tcp_flags: text("TCP flags in the letters of tcpdump: S, F, R, P, ., U, E, W"),
  inner_src: text("Source address of the packet in a tunnel, or of the packet that an ICMP error is about"),
  inner_dst: text("Destination address of that packet"),
  inner_sport: integer("Source port of that packet"),
  inner_dport: integer("Destination port of that packet"),
  inner_proto: text("Protocol of that packet"),
  dev: text("Network device"),
  netns: integer("Inode number of the network namespace"),
  netns_name: text("Name of the network namespace"),
  netns_process: text("Process that the network namespace is that of, as COMM/PID, when neither a container nor a service is known"),
  container: text("Container of the namespace or socket"),
  pod: text("Pod of the namespace or socket, as NAMESPACE/NAME"),
  unit: text("Unit of systemd that the namespace or socket belongs to"),
  comm: text("Name of the task that was running"),
  pid: integer("Process id of that task"),
  tracking_id: text("Identity of the packet; the same for all events of a packet"),
  ct_state: text("State of the connection: established, related, new, reply, ..."),
  nft_table: text("Table of nftables"),
  nft_chain: text("Chain of nftables"),
  nft_rule: text("Rule of nftables, or `policy`"),
};

/** What a record needs beside the event. */
export interface FlatContext {
  readonly host: string | undefined;
  /** RFC 3339 of a timestamp; undefined while the offset of the clocks is not known. */
  time(timestamp: number | bigint): string | undefined;
  /** Class of a drop, from the fields of its record. */
  classOf(record: FlatRecord): string;
}

/** The fields of an event; those it does not have are left out. */
export function flatRecord(event: Event, context: FlatContext): FlatRecord {
  const record = fieldsOf(event, context);
  return record["reason"] === undefined ? record : { ...record, class: record["class"] || context.classOf(record) };
}

function fieldsOf(event: Event, context: FlatContext): Record<string, string | number> {
  const { common, kernel, userspace, dev, netns, nft, ct, packet } = event;
  const task = common?.["task"] as SectionData | undefined;
  const probe = kernel ?? userspace;
  return present({
    time: isInteger(common?.["timestamp"]) ? context.time(common["timestamp"]) : undefined,
    host: context.host,
    probe: probe && probeText(probe),
    ...dropFields(event),
    ...packetFields(packet),
    dev: dev?.["name"],
    netns: netns?.["inum"],
    netns_name: netns?.["name"],
    netns_process: netns?.["process"],
    container: netns?.["container"],
    pod: netns?.["pod"],
    unit: netns?.["unit"],
    comm: task?.["comm"],
    // The names come from the event format: `pid` is the process.
    pid: task?.["pid"],
    tracking_id: trackingId(event),
    ct_state: ct?.["state"],
    nft_table: nft?.["table_name"],
    nft_chain: nft?.["chain_name"],
    nft_rule: nft?.["policy"] === true ? "policy" : nft?.["rule"],
  });
}

const unclassified = "";
const shortTypes: Readonly<Record<string, string>> = { raw_tracepoint: "tp" };

/** A probe in the form that `--probe` takes, of section `kernel` or `userspace`. */
export function probeText(probe: SectionData): string {
  return `${shortTypes[String(probe["probe_type"])] ?? String(probe["probe_type"])}:${String(probe["symbol"])}`;
}

function present(fields: Readonly<Record<string, unknown>>): Record<string, string | number> {
  const kept: Record<string, string | number> = {};
  for (const key of Object.keys(fields)) {
    const value = fields[key];
    if (typeof value === "number" || (typeof value === "string" && (value !== "" || key === "class"))) kept[key] = value;
  }
  return kept;
}

function isInteger(value: unknown): value is number | bigint {
  return typeof value === "bigint" || Number.isInteger(value);
}

/** Of the core; these are not drops. */
const otherEnds: readonly unknown[] = ["CONSUMED", "NOT_DROPPED_YET"];

/** Reason of the drop that an event is; undefined for other events. */
export function reasonOfDrop(event: Event): string | undefined {
  const reason = event["skb-drop"]?.["drop_reason"];
  return typeof reason !== "string" || otherEnds.includes(reason) ? undefined : reason;
}

/** The class has its place already, so that it keeps it once it is known. */
function dropFields(event: Event) {
  const reason = reasonOfDrop(event);
  if (reason === undefined) return {};
  const { subsys, location, class: known } = event["skb-drop"] ?? {};
  return { reason, subsystem: subsys ?? "core", class: known ?? unclassified, location };
}

function trackingId(event: Event): string | undefined {
  const series = event["tracking"]?.["skb"];
  const identity = asSkbTracking(series as SectionData | undefined) ?? asSkbTracking(event["skb-tracking"]);
  return identity && trackingIdText(identity.timestamp.toString(16), identity.orig_head.toString(16));
}

interface Flow {
  readonly src: string;
  readonly dst: string;
  readonly proto: string | undefined;
  readonly sport?: number;
  readonly dport?: number;
}

function packetFields(packet: SectionData | undefined) {
  const { data, len } = packet ?? {};
  if (!(data instanceof Uint8Array)) return {};
  const { layers } = decodePacket(data);
  const [outer, ...rest] = flowsOf(layers);
  const inner = rest.at(-1);
  const tcp = withoutQuote(layers).find((layer) => layer.layer === "tcp");
  return {
    ...outer,
    len,
    tcp_flags: tcp && flagLetters(tcp.flags),
    inner_src: inner?.src,
    inner_dst: inner?.dst,
    inner_sport: inner?.sport,
    inner_dport: inner?.dport,
    inner_proto: inner?.proto,
  };
}

/** Who sends to whom, from the outside in. */
function flowsOf(layers: readonly Layer[]): readonly Flow[] {
  return layers.flatMap((layer, at): readonly Flow[] => {
    if (layer.layer === "arp") return [{ src: layer.senderIp, dst: layer.targetIp, proto: "arp" }];
    if (layer.layer !== "ipv4" && layer.layer !== "ipv6") return [];
    const { src, dst, protocol } = layer;
    return [
      { src, dst, proto: protocol === undefined ? undefined : (protocolNames[protocol] ?? String(protocol)), ...portFields(layers, at) },
    ];
  });
}

/** Numbers of IANA. */
const protocolNames: Readonly<Record<number, string>> = { 1: "icmp", 6: "tcp", 17: "udp", 58: "icmp6", 132: "sctp" };

/** Of the transport header that an IP header leads to. */
function portFields(layers: readonly Layer[], at: number): Pick<Flow, "sport" | "dport"> {
  const ports = portsAfter(layers, at);
  return ports === undefined ? {} : { sport: ports.srcPort, dport: ports.dstPort };
}

/** In the order of the bits, as tcpdump writes them. */
function flagLetters(flags: number): string {
  return [..."FSRP.UEW"].filter((_, bit) => (flags >>> bit) & 1).join("");
}

/** JSON Schema of one record (draft 2020-12). */
export function flatSchema(): Readonly<Record<string, unknown>> {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Retis flat event",
    description: "One event of retis --format flat: scalars only; what an event does not have is absent.",
    type: "object",
    properties: flatFields,
    additionalProperties: false,
  };
}
