import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileOf, recurringEvents } from "../../test/support/recurring-events.ts";
import { Random } from "../../test/support/random.ts";
import type { Event } from "../api/event.ts";
import { coreSections } from "../event/core-sections.ts";
import { openEventFile } from "../file/reader.ts";
import { countedSections, fileStatistics } from "./file-statistics.ts";
import type { PartStatistics } from "./part-statistics.ts";

const directory = mkdtempSync(join(tmpdir(), "retis-stats-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** Sections of a drop. */
const drop = {
  kernel: { symbol: "skb:kfree_skb", probe_type: "raw_tracepoint" },
  "skb-drop": { drop_reason: "NO_SOCKET", location: "udp_rcv+0x1" },
};

function startup(cmdline: string): object {
  const machine = { kernel_release: "6.12.0", kernel_version: "#1 SMP", hardware_name: "x86_64" };
  return { common: { timestamp: 5 }, startup: { retis_version: "v1.7.0", cmdline, clock_monotonic_offset: { sec: 1, nsec: 0 }, machine } };
}

function probed(timestamp: number, sections: object = {}): object {
  return { common: { timestamp }, kernel: { symbol: "net:netif_rx", probe_type: "raw_tracepoint" }, ...sections };
}

function statisticsOf(lines: readonly object[], top = 10, classOf?: (event: Event) => string): readonly PartStatistics[] {
  const path = join(directory, "events.json");
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return fileStatistics(openEventFile(path, { sections: countedSections, visited: true }), { top, classOf });
}

test("times: the first in the file, the largest, and the rate over the whole span", () => {
  const [part] = statisticsOf([startup("a"), probed(3e9), probed(1e9), probed(5e9), probed(2e9)]);
  expect(part).toMatchObject({
    events: 4,
    first_event: { timestamp: 3e9, utc: "1970-01-01 00:00:04.000000" },
    last_event: { timestamp: 5e9, utc: "1970-01-01 00:00:06.000000" },
    events_per_second: 1,
    probes: { top: [{ name: "raw_tracepoint/net:netif_rx", count: 4 }] },
  });
});

test("after a change of the wall clock times are by the new one", () => {
  const changes = [{ since: 4e9, clock_monotonic_offset: { sec: 3601, nsec: 0 }, step: 3600e9 }];
  const [part] = statisticsOf([startup("a"), probed(3e9), { common: { timestamp: 4e9 }, clock: { changes } }, probed(5e9)]);
  expect(part).toMatchObject({
    events: 2,
    events_without_probe: 0,
    first_event: { utc: "1970-01-01 00:00:04.000000" },
    last_event: { utc: "1970-01-01 01:00:06.000000" },
  });
});

test("no events: no times", () => {
  const [part] = statisticsOf([startup("a")]);
  expect(part).not.toContainAnyKeys(["first_event", "last_event", "events_per_second", "series", "split_index"]);
  expect(part).toMatchObject({ events: 0, probes: { top: [] } });
});

test("each startup event begins a part, a damaged one does not", () => {
  const parts = statisticsOf([startup("a"), probed(1), startup("b"), probed(2), probed(3), { startup: { cmdline: "c" } }, probed(4)]);
  expect(parts.map(({ cmdline, events }) => [cmdline, events])).toEqual([
    ["a", 1],
    ["b", 3],
  ]);
});

test("events without a probe and losses are counted apart", () => {
  const skipped = [{ probe: "tp net:netif_rx", reason: "nested", count: 5 }, null, { probe: "k f", reason: "nested", count: "x" }];
  const loss = { lost: [{ probe: "tp net:netif_rx", reason: "ring full", count: 7 }], total: 7, skipped };
  const [part] = statisticsOf([startup("a"), { common: { timestamp: 1 }, "ovs-detrace": {} }, { common: { timestamp: 2 }, loss }]);
  expect(part).toMatchObject({
    events: 0,
    events_without_probe: 1,
    lost: { total: 7, by_probe: { top: [{ name: "tp net:netif_rx (ring full)", count: 7 }] } },
    skipped: { total: 5, by_probe: { top: [{ name: "tp net:netif_rx (nested)", count: 5 }] } },
  });
});

test("a sorted file is one part; startup and loss are not series", () => {
  const loss = { common: { timestamp: 2 }, loss: { lost: [], total: 0 } };
  const parts = statisticsOf([[startup("a")], [probed(1), probed(2)], [probed(3)], [startup("b")], [loss], [probed(4)]]);
  expect(parts).toMatchObject([{ cmdline: "a", series: 3, events: 4 }]);
});

test("drops are listed up to the wanted number", () => {
  const drop = (ifindex: number, drop_reason: string) => ({
    common: { timestamp: ifindex },
    kernel: { symbol: "skb:kfree_skb", probe_type: "raw_tracepoint", stack_trace: ["kfree_skb+0x1", "ip_rcv+0x2"] },
    "skb-drop": { drop_reason },
    dev: { name: "", ifindex },
  });
  const [part] = statisticsOf([startup("a"), drop(1, "NO_SOCKET"), drop(2, "TCP_CSUM"), drop(1, "NO_SOCKET"), drop(1, "CONSUMED")], 1);
  expect(part!.drops).toEqual({
    total: 3,
    by_reason: { top: [{ name: "NO_SOCKET", count: 2 }], others: { names: 1, count: 1 } },
    by_class: { top: [] },
    by_device: { top: [{ name: "if 1", count: 2 }], others: { names: 1, count: 1 } },
    by_function: { top: [{ name: "ip_rcv", count: 3 }] },
    by_flow: { top: [] },
  });
});

/** By the last byte of the IPv4 destination. */
function classByDestination(event: Event): string | undefined {
  const data = event["packet"]?.["data"];
  return `class ${data instanceof Uint8Array ? data[33] : "without a packet"}`;
}

test.each(["cbor", "json"] as const)("events that are recognised count like those that are decoded, %s", (form) => {
  const path = join(directory, "recurring");
  for (let seed = 1; seed <= 4; seed++) {
    const events = recurringEvents(new Random(seed), 500).map((event, number) => (number % 3 === 0 ? { ...event, ...drop } : event));
    writeFileSync(path, fileOf(form, events));
    const [decoded, recognised] = [false, true].map((visited) => {
      const reader = openEventFile(path, { known: coreSections, sections: countedSections, visited });
      return [fileStatistics(reader, { top: 0, classOf: classByDestination }), reader.readErrors, reader.readErrorCount];
    });
    expect(recognised).toEqual(decoded as never);
  }
});

test("drops are counted by class", () => {
  const drop = (drop_reason: string, packet: object = {}) => ({
    common: { timestamp: 1 },
    kernel: { symbol: "skb:kfree_skb", probe_type: "raw_tracepoint" },
    "skb-drop": { drop_reason },
    ...packet,
  });
  const classOf = (event: Event) => (event["skb-drop"]?.["drop_reason"] === "OTHERHOST" ? "normal" : "problem");
  const [part] = statisticsOf([startup("a"), drop("OTHERHOST"), drop("NO_SOCKET"), drop("OTHERHOST"), drop("CONSUMED")], 0, classOf);
  expect(part!.drops.by_class).toEqual({
    top: [
      { name: "normal", count: 2 },
      { name: "problem", count: 1 },
    ],
  });
});
