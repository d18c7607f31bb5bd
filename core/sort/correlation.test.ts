import { expect, test } from "bun:test";
import { ovsSection } from "../../collectors/ovs/section.ts";
import { sampleHeader, temporaryDirectory } from "../../test/cases/files/sample-events.ts";
import { defineSection, Type } from "../api/collector.ts";
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
  return sortFiles([directory.path("in")], directory.path("out"), { form, limit: 3, sections: [ovsSection] });
}

const timesOf = (series: readonly (readonly Event[])[]) => series.map((events) => events.map((event) => event["common"]!["timestamp"]));

test.each(["cbor", "json"] as const)("a packet that went through user space is one series, its lookups completed (%s)", (form) => {
  const { series, written, indexer } = sortEvents(upcall, form);
  expect(timesOf(series)).toEqual([[10, 20, 30, 31, 32, 40, 41, 50, 60], [70]]);
  expect(indexer.links.orphans).toBe(0);
  expect(written).toEqual(series);
  expect(series[0]![1]!["ovs"]).toMatchObject({ dpflow: detrace.dpflow, ofpflows: detrace.ofpflows });
  expect(series[0]!.every((event) => (event["tracking"]!["skb"] as { orig_head: number }).orig_head === 1)).toBe(true);
});

test("events whose upcall is missing stay single and are counted", () => {
  const { series, indexer } = sortEvents(upcall.slice(3));
  // The action has a packet of its own, which shows where the gap is.
  expect(indexer.links.orphans).toBe(3);
  expect(timesOf(series)).toEqual([[31], [32], [40], [41], [50, 60], [70]]);
});

test("sorting again keeps events of user space where they were", () => {
  using directory = temporaryDirectory();
  const writer = new EventFileWriter({ path: directory.path("in"), form: "cbor", header: () => sampleHeader() });
  for (const event of upcall) writer.writeEvent(event);
  writer.close();
  const first = sortFiles([directory.path("in")], directory.path("sorted"), { sections: [ovsSection] });
  const again = sortFiles([directory.path("sorted")], directory.path("out"), { sections: [ovsSection] });
  expect(again.series).toEqual(first.series);
  expect(again.indexer.links.orphans).toBe(0);
});

/** Two packets of the same content, which have the same queue id, on their way at once; the kernel gives them back as they were. */
const twins: readonly Event[] = [
  ...[1, 2].flatMap((id) => [
    { ...at(10 * id), ...tracked(id), ovs: { event_type: "upcall", cmd: 1, port: 2, cpu: 0 } },
    {
      ...at(10 * id + 1),
      ...tracked(id),
      ovs: { event_type: "upcall_enqueue", ret: 0, cmd: 1, port: 2, upcall_ts: 10 * id, upcall_cpu: 0, queue_id: 7 },
    },
    { ...at(10 * id + 2), ...tracked(id), ovs: { event_type: "upcall_return", upcall_ts: 10 * id, upcall_cpu: 0, ret: 0 } },
  ]),
  ...[0, 1].map((index) => ({ ...at(40 + index), ovs: { event_type: "recv_upcall", queue_id: 7, batch_ts: 40, batch_idx: index } })),
  { ...at(42), ovs: { event_type: "flow_operation", op_type: "put", queue_id: 7, batch_ts: 40, batch_idx: 0 } },
  ...[0, 1].map((index) => ({
    ...at(43 + index),
    ovs: { event_type: "flow_operation", op_type: "exec", queue_id: 7, batch_ts: 40, batch_idx: index },
  })),
  // Two actions each.
  ...[1, 1, 2, 2].map((id, index) => ({
    ...at(50 + index),
    ...tracked(id),
    ovs: { event_type: "action_execute", recirc_id: 0, queue_id: 7, action: "output", port: index },
  })),
];

test("packets with the same queue id keep apart, in their order", () => {
  const { series, indexer } = sortEvents(twins);
  expect(timesOf(series)).toEqual([
    [10, 11, 12, 40, 42, 43, 50, 51],
    [20, 21, 22, 41, 44, 52, 53],
  ]);
  expect(indexer.links.orphans).toBe(0);
});

test("a queue id that comes again after 10 s means another packet", () => {
  const later = 11_000_000_000;
  const { series } = sortEvents([
    ...upcall.slice(0, 5),
    { ...at(later), ovs: { event_type: "recv_upcall", type: 1, pkt_size: 60, key_size: 100, queue_id: 77, batch_ts: 40, batch_idx: 0 } },
  ]);
  expect(timesOf(series)).toEqual([[10, 20, 30, 31, 32], [later]]);
});

test("any section may say how its events are joined and completed; a mistake in it ends nothing", () => {
  const joined = defineSection({
    key: "mail",
    summary: "Test.",
    schema: Type.Object({ id: Type.Integer(), to: Type.Optional(Type.String()) }),
    correlate: ({ id }, event) => {
      if (id === 0) throw new Error("faulty");
      return event["skb-tracking"] ? { notes: [`${id}`] } : { joins: [`${id}`] };
    },
    completedBy: { section: "names", key: ({ id }) => String(id), complete: (mail, { to }) => ({ ...mail, to }) },
  });
  const events: readonly Event[] = [
    { ...at(1), ...tracked(1), mail: { id: 5 } },
    { ...at(2), ...tracked(2), mail: { id: 6 } },
    { ...at(3), mail: { id: 5 } },
    { ...at(4), mail: { id: 0 } },
    { ...at(5), mail: { id: 9 } },
    { ...at(6), names: { id: 5, to: "you" } },
  ];
  for (const form of ["cbor", "json"] as const) {
    using directory = temporaryDirectory();
    const writer = new EventFileWriter({ path: directory.path("in"), form, header: () => sampleHeader() });
    for (const event of events) writer.writeEvent(event);
    writer.close();
    const { series, indexer } = sortFiles([directory.path("in")], directory.path("out"), { form, sections: [joined] });
    expect(timesOf(series)).toEqual([[1, 3], [2], [4], [5], [6]]);
    expect(series[0]!.map(({ mail }) => mail)).toEqual([
      { id: 5, to: "you" },
      { id: 5, to: "you" },
    ]);
    expect(indexer.links.orphans).toBe(1);
  }
});

test("a packet that is handed up again while its actions are executed has the same queue id twice", () => {
  const again = { event_type: "upcall_enqueue", ret: 0, cmd: 2, port: 2, upcall_ts: 51, upcall_cpu: 0, queue_id: 77 };
  const { series, indexer } = sortEvents([
    ...upcall.slice(0, 7),
    { ...at(50), ...tracked(1), ovs: { event_type: "action_execute", recirc_id: 0, queue_id: 77, action: "userspace" } },
    { ...at(51), ...tracked(1), ovs: { event_type: "upcall", cmd: 2, port: 2, cpu: 0 } },
    { ...at(52), ...tracked(1), ovs: again },
    { ...at(53), ...tracked(1), ovs: { event_type: "action_execute", recirc_id: 0, queue_id: 77, action: "output", port: 1 } },
    { ...at(60), ovs: { event_type: "recv_upcall", type: 1, pkt_size: 60, key_size: 100, queue_id: 77, batch_ts: 60, batch_idx: 0 } },
  ]);
  expect(timesOf(series)).toEqual([[10, 20, 30, 31, 32, 40, 41, 50, 51, 52, 53, 60]]);
  expect(indexer.links.orphans).toBe(0);
});
