import { expect, test } from "bun:test";
import { sampleHeader, temporaryDirectory } from "../../test/cases/files/sample-events.ts";
import type { Event } from "../api/event.ts";
import { EventFileWriter } from "../file/writer.ts";
import { sortFiles } from "./testdata/sort-files.ts";

const tracked = (id: number) => ({ "skb-tracking": { orig_head: id, timestamp: id, skb: id } });
const at = (timestamp: number) => ({ common: { timestamp } });
const detrace = { ufid: [1, 2, 3, 4], flow: 5, sf_acts: 6, dpflow: "in_port(1),actions:2", ofpflows: ["a", "b"] };

/** The way of a packet through user space: lookup, upcall, and back as a new packet (id 90). */
const upcall: readonly Event[] = [
  { ...at(10), ...tracked(1) },
  {
    ...at(20),
    ...tracked(1),
    ovs: { event_type: "flow_lookup", flow: 5, sf_acts: 6, ufid: [1, 2, 3, 4], n_mask_hit: 0, n_cache_hit: 0, dpflow: "", ofpflows: [] },
  },
  { ...at(30), ...tracked(1), ovs: { event_type: "upcall", cmd: 1, port: 2, cpu: 3 } },
  { ...at(31), ovs: { event_type: "upcall_enqueue", ret: 0, cmd: 1, port: 2, upcall_ts: 30, upcall_cpu: 3, queue_id: 77 } },
  { ...at(32), ...tracked(1), ovs: { event_type: "upcall_return", upcall_ts: 30, upcall_cpu: 3, ret: 0 } },
  { ...at(40), ovs: { event_type: "recv_upcall", type: 1, pkt_size: 60, key_size: 100, queue_id: 77, batch_ts: 40, batch_idx: 0 } },
  { ...at(41), ovs: { event_type: "flow_operation", op_type: "exec", queue_id: 77, batch_ts: 40, batch_idx: 0 } },
  { ...at(50), ...tracked(90), ovs: { event_type: "action_execute", recirc_id: 0, queue_id: 77, action: "output", port: 3 } },
  { ...at(60), ...tracked(90) },
  { ...at(70), "ovs-detrace": detrace },
];

function sortEvents(events: readonly Event[], form: "cbor" | "json" = "cbor") {
  using directory = temporaryDirectory();
  const writer = new EventFileWriter({ path: directory.path("in"), form, header: () => sampleHeader() });
  for (const event of events) writer.writeEvent(event);
  writer.close();
  return sortFiles([directory.path("in")], directory.path("out"), { form, limit: 3 });
}

const timesOf = (series: readonly (readonly Event[])[]) => series.map((events) => events.map((event) => event["common"]!["timestamp"]));

test.each(["cbor", "json"] as const)("a packet that went through user space is one series, its lookups completed (%s)", (form) => {
  const { series, written, indexer } = sortEvents(upcall, form);
  expect(timesOf(series)).toEqual([[10, 20, 30, 31, 32, 40, 41, 50, 60], [70]]);
  expect(indexer.upcalls.orphans).toBe(0);
  expect(written).toEqual(series);
  expect(series[0]![1]!["ovs"]).toMatchObject({ dpflow: detrace.dpflow, ofpflows: detrace.ofpflows });
  expect(series[0]!.every((event) => (event["tracking"]!["skb"] as { orig_head: number }).orig_head === 1)).toBe(true);
});

test("events whose upcall is missing stay single and are counted", () => {
  const { series, indexer } = sortEvents(upcall.slice(3));
  expect(indexer.upcalls.orphans).toBe(4);
  expect(timesOf(series)).toEqual([[31], [32], [40], [41], [50, 60], [70]]);
});

test("sorting again keeps events of user space where they were", () => {
  using directory = temporaryDirectory();
  const writer = new EventFileWriter({ path: directory.path("in"), form: "cbor", header: () => sampleHeader() });
  for (const event of upcall) writer.writeEvent(event);
  writer.close();
  const first = sortFiles([directory.path("in")], directory.path("sorted"));
  const again = sortFiles([directory.path("sorted")], directory.path("out"));
  expect(again.series).toEqual(first.series);
  expect(again.indexer.upcalls.orphans).toBe(0);
});
