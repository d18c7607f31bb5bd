/** What the datapath of Open vSwitch did with each packet, one short text for each event, for scenarios to compare. */
import { equal, ok } from "node:assert/strict";
import type { RecordedEvent } from "./event-file.ts";
import { ethertype } from "./frames.ts";
import { retis } from "./retis.ts";
import { seriesOf } from "./series.ts";
import type { Trial } from "./scenario.ts";
import { join } from "node:path";

/** Section `ovs`, as far as scenarios look at it. */
export interface OvsSection {
  readonly event_type: string;
  readonly [property: string]: unknown;
}

export function ovsOf(event: RecordedEvent): OvsSection | undefined {
  return event["ovs"] as OvsSection | undefined;
}

/** `lookup miss`, `upcall 1`, `enqueue 0`, `return 0`, `received 0` (its type), `put`, `execute`, or the action with its round of recirculation if it is not the first. */
export function ovsStep(event: RecordedEvent): string {
  const ovs = ovsOf(event);
  if (ovs === undefined) return `${event.kernel?.symbol.replace(/^(skb|net):/, "")} ${event["skb-drop"]?.drop_reason ?? ""}`.trim();
  switch (ovs.event_type) {
    case "flow_lookup":
      return ovs["flow"] === 0 ? "lookup miss" : "lookup hit";
    case "upcall":
      return `upcall ${ovs["cmd"]}`;
    case "upcall_enqueue":
      return `enqueue ${ovs["ret"]}`;
    case "upcall_return":
      return `return ${ovs["ret"]}`;
    case "recv_upcall":
      return `received ${ovs["type"]}`;
    case "flow_operation":
      return ovs["op_type"] === "put" ? "put" : "execute";
    default:
      return `${ovs["recirc_id"] === 0 ? "" : "recirculated "}${ovs["action"] ?? ovs.event_type}`;
  }
}

/** Whether an event is about a packet in the datapath, or its drop there. */
function isOfDatapath(event: RecordedEvent): boolean {
  const reason = event["skb-drop"]?.drop_reason ?? "";
  return ovsOf(event) !== undefined || reason.startsWith("OVS_DROP");
}

/** The datapath's events of each packet to a UDP port (or of each that `matches`), packets in order of their first sight. */
export function ovsSeries(
  events: readonly RecordedEvent[],
  matches: number | ((event: RecordedEvent) => boolean),
): readonly (readonly RecordedEvent[])[] {
  const isWanted =
    typeof matches === "number" ? ({ parsed_packet }: RecordedEvent) => parsed_packet?.ports?.destination === matches : matches;
  return seriesOf(events)
    .filter((series) => series.some(isWanted))
    .map((series) => series.filter(isOfDatapath))
    .filter((series) => series.length > 0);
}

/** Queue ids that the series' packets got on their way to user space. */
export function queuedIds(series: readonly RecordedEvent[]): readonly unknown[] {
  return series.filter((event) => ovsOf(event)?.event_type === "upcall_enqueue").map((event) => ovsOf(event)?.["queue_id"]);
}

/** Queue ids of the actions that were executed for user space. */
export function executedIds(series: readonly RecordedEvent[]): readonly unknown[] {
  return series
    .filter((event) => ovsOf(event)?.event_type === "action_execute")
    .flatMap((event) => {
      const id = ovsOf(event)?.["queue_id"];
      return id === undefined ? [] : [id];
    });
}

/** The action events of a series. */
export function actionsOf(series: readonly RecordedEvent[]): readonly OvsSection[] {
  return series.flatMap((event) => {
    const ovs = ovsOf(event);
    return ovs?.event_type === "action_execute" ? [ovs] : [];
  });
}

/**
 * The series of a recording, as `retis sort` makes them. Throws when it complains.
 * @param lost events that were lost, which it must say
 */
export async function sortedSeries({ directory }: Trial, recording: string, lost?: RegExp): Promise<readonly (readonly RecordedEvent[])[]> {
  const out = join(directory, "sorted.json");
  const { status, stderr } = await retis(["sort", recording, "-o", out]);
  equal(status, 0, stderr);
  const warnings = stderr.split("\n").filter((line) => line.startsWith("WARN"));
  ok(
    warnings.every((line) => lost?.test(line)),
    stderr,
  );
  equal(warnings.length, lost === undefined ? 0 : 1, stderr);
  const lines = (await Bun.file(out).text()).split("\n").filter((line) => line.startsWith("["));
  return lines.map((line) => JSON.parse(line) as readonly RecordedEvent[]);
}

/** Whether an event has a packet to a UDP port; a VLAN tag may be in front. */
export function hasPort({ packet }: RecordedEvent, destination: number): boolean {
  const bytes = Buffer.from(packet?.data ?? "", "base64");
  if (bytes.length < 42) return false;
  const udpAt = bytes.readUInt16BE(12) === ethertype.vlan ? 38 : 34;
  return bytes.length >= udpAt + 4 && bytes.readUInt16BE(udpAt + 2) === destination;
}

/** Of sorted series those of packets to a port: what the datapath and the daemon did with them. */
export function seriesToPort(series: readonly (readonly RecordedEvent[])[], destination: number): readonly (readonly RecordedEvent[])[] {
  return series
    .filter((events) => events.some((event) => hasPort(event, destination)))
    .map((events) => events.filter((event) => ovsOf(event) !== undefined));
}
