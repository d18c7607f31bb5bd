/** JSON files that we write, read by the Python package `retis`: every section, values equal. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtInCollectors } from "../../collectors/index.ts";
import type { Event } from "../../core/api/event.ts";
import { coreSections } from "../../core/event/core-sections.ts";
import { eventSchema } from "../../core/event/json-schema.ts";
import { EventFileWriter, type WriterOptions } from "../../core/file/writer.ts";
import { realisticEvent, readAll, sampleHeader } from "../cases/files/sample-events.ts";
import { lossEvent } from "../../core/run/loss-event.ts";
import { cannotTrace, makeWorkplace, markedPing } from "../contract/compiled.ts";
import { mustRun } from "../support/command.ts";
import { cannotUsePython, runPython } from "./python-package.ts";

setDefaultTimeout(180_000);

const cases = join(import.meta.dir, "../cases/files");
const sections = [...coreSections, ...builtInCollectors.flatMap((collector) => collector.sections)];
const main = join(import.meta.dir, "../../core/main.ts");
const noPython = await cannotUsePython();

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "retis-python-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Writes a file with all that `collect -o` puts into its first line. */
function write(name: string, options: Partial<WriterOptions>, fill: (writer: EventFileWriter) => void): string {
  const path = join(directory, name);
  const header = () => sampleHeader({ host: "here", schema: eventSchema(sections) });
  const writer = new EventFileWriter({ path, form: "json", header, ...options });
  fill(writer);
  writer.close();
  return path;
}

/** One event of each section that the original tool has, put together by hand from its description. */
function eventsOfAllSections(): readonly Event[] {
  const [, ...events] = readAll(join(cases, "sections-1.7.json")).events;
  return events;
}

/**
 * Compares each event as the package sees it with the line it stems from, read by Python's own JSON, whose integers are
 * exact. Whatever the package gives must be in the line, and equal. Prints the number of events, the sections that were
 * seen, and the properties and sections of the file that the package does not know.
 */
const comparison = `
import json, sys, retis
path, kind = sys.argv[1:3]
file = retis.EventFile(path)
assert file.sorted() == (kind == "series"), "the kind of the file"
unknown = set()

def compare(seen, written, place):
    if not isinstance(written, dict):
        assert type(seen) == type(written) and seen == written, f"{place}: {seen} instead of {written}"
        return
    assert seen.keys() <= written.keys(), f"{place}: {seen.keys() - written.keys()} made up"
    for key, value in written.items():
        if key in seen:
            compare(seen[key], value, place + [key])
        else:
            unknown.add(".".join(place + [key]))

if kind == "series":
    seen = [[event.to_dict() for event in series] for series in file.series()]
else:
    seen = [[event.to_dict()] for event in file.events()]
lines = [json.loads(line) for line in open(path)]
assert len(seen) == len(lines), f"{len(seen)} of {len(lines)} lines"
for one, line in zip(seen, lines):
    events = line if kind == "series" else [line]
    assert len(one) == len(events), f"{len(one)} of {len(events)} events"
    for event, written in zip(one, events):
        compare(event, written, [])
sections = sorted({key for line in seen for event in line for key in event})
print(json.dumps({"events": sum(map(len, seen)), "sections": sections, "unknown": sorted(unknown)}))
`;

/** What readers of such files do with every event but the first: they look at its CPU and task, and print it. */
const readers = `
import sys, retis
from retis import EventFile, EventReader
count = 0
for reader in (EventReader(sys.argv[1]), EventFile(sys.argv[1]).events()):
    first, *events = reader
    assert "startup" in first and first.startup.retis_version
    for event in events:
        assert "common" in event and event.common.timestamp > 0
        assert event.common.smp_id >= 0 and event["common"].smp_id == event.common.smp_id
        task = event.common.task
        assert task.pid > 0 and task.tgid > 0 and task.comm
        assert task.comm in str(event) and str(event.common) and repr(event)
        assert event.to_dict()["common"]["task"]["comm"] == task.comm
        assert "startup" not in event and set(event.sections()) == {name.replace("-", "_") for name in event.to_dict()}
    count = len(events)
print(f"{count} events")
`;

interface Comparison {
  readonly events: number;
  readonly sections: readonly string[];
  readonly unknown: readonly string[];
}

async function compare(path: string, kind: "events" | "series"): Promise<Comparison> {
  return JSON.parse(await runPython(comparison, [path, kind]));
}

/** What the first line of our files has beside the startup event. */
const ownOfHeader = ["host", "retis-events", "schema"];
/** What our collectors report beyond those of the original. */
const ownOfSections = [
  "netns.container",
  "netns.name",
  "netns.pod",
  "netns.process",
  "netns.unit",
  "packet.synthetic_eth",
  "skb.data_ref.payload_refs",
  "skb.meta.mark",
  "skb-drop.location",
  "skb-drop.socket",
];

describe.skipIf(noPython !== undefined)(`the Python package${noPython ? ` (${noPython})` : ""}`, () => {
  test("reads every section of an event file", async () => {
    const path = write("events.json", {}, (writer) => eventsOfAllSections().forEach((event) => writer.writeEvent(event)));
    const { events, sections: seen, unknown } = await compare(path, "events");
    expect(events).toBe(15);
    expect(unknown).toEqual(ownOfHeader);
    const kernel = ["common", "kernel", "skb-tracking", "skb-drop", "packet", "skb", "netns", "dev"];
    expect(seen).toEqual([...kernel, "userspace", "ct", "nft", "ovs", "ovs-detrace", "startup"].sort());
  });

  test("reads a sorted file", async () => {
    const series = Array.from({ length: 5 }, (_, number) => [0, 1, 2].map((idx) => tracked(number, idx)));
    const path = write("series.json", { series: true }, (writer) => series.forEach((events) => writer.writeSeries(events)));
    const { events, sections: seen, unknown } = await compare(path, "series");
    expect(events).toBe(16);
    expect(unknown).toEqual([...ownOfHeader, "series"]);
    expect(seen).toContain("tracking");
  });

  test("goes on after a change of the wall clock", async () => {
    const changes = [{ since: 5000123456790, clock_monotonic_offset: { sec: 1742312746, nsec: 691042000 }, step: 3600e9 }];
    const change = { common: { timestamp: 5000123456790 }, clock: { changes } };
    const header = () => sampleHeader({ clock: { changes } });
    const path = write("clock.json", { header }, (writer) => {
      for (const event of [realisticEvent(1), change, realisticEvent(2)]) writer.writeEvent(event);
    });
    const { events, sections: seen, unknown } = await compare(path, "events");
    expect(events).toBe(4);
    expect(seen).toContain("kernel");
    expect(unknown).toContain("clock");
  });

  test("reads what sort -o wrote", async () => {
    const tracked = Array.from({ length: 300 }, (_, number) => realisticEvent(number % 100));
    const loss = lossEvent(5000123456789, [{ kind: "skipped", probe: "tp skb:kfree_skb", reason: "ring full", count: 3 }]);
    const path = write("unsorted.json", {}, (writer) =>
      [...tracked, ...eventsOfAllSections(), loss].forEach((event) => writer.writeEvent(event)),
    );
    const sorted = join(directory, "sorted.json");
    await mustRun([process.execPath, main, "sort", path, "-o", sorted]);
    const { events, sections: seen, unknown } = await compare(sorted, "series");
    expect(events).toBe(tracked.length + 16);
    expect(seen).toContain("tracking");
    expect(unknown.filter((name) => ![...ownOfHeader, "series"].includes(name))).toEqual(["loss"]);
  });

  test("reads what a recording lost as an event like others", async () => {
    const one = { probe: "tp skb:kfree_skb", reason: "ring full", count: 3 };
    const losses = (["lost", "incomplete", "skipped", "untracked"] as const).map((kind) => ({ kind, ...one }));
    const path = write("lossy.json", {}, (writer) => {
      writer.writeEvent(realisticEvent(1));
      writer.writeUserEvent(lossEvent(5000123456789, losses));
    });
    expect((await compare(path, "events")).unknown.filter((name) => !ownOfHeader.includes(name))).toEqual(["loss"]);
    expect((await runPython(readers, [path])).split("\n")).toEqual(["2 events", ""]);
  });

  test("reads a file of 1.5 once print or sort has written it", async () => {
    const tuple = { ip: { src: "10.0.0.1", dst: "10.0.0.2", version: "v4" }, proto: { tcp: { sport: 1, dport: 2 } } };
    const ct = { state: "new", zone_id: 0, zone_dir: "Default", orig: tuple, reply: tuple, tcp_state: "SYN_SENT", mark: 0 };
    const [startup = "", sections = ""] = readFileSync(join(cases, "layout-1.5.json"), "utf8").split("\n");
    const old = join(directory, "old.json");
    writeFileSync(old, [startup, sections, JSON.stringify({ common: { timestamp: 2 }, ct }), ""].join("\n"));
    const printed = join(directory, "printed.json");
    writeFileSync(printed, await mustRun([process.execPath, main, "print", "--format", "json", old]));
    const sorted = join(directory, "sorted-old.json");
    await mustRun([process.execPath, main, "sort", old, "-o", sorted]);
    for (const [path, kind] of [
      [printed, "events"],
      [sorted, "series"],
    ] as const) {
      const { events, sections: seen } = await compare(path, kind);
      expect({ events, seen }).toEqual({ events: 3, seen: expect.arrayContaining(["ct", "dev", "netns", "packet", "startup"]) });
      expect(readFileSync(path, "utf8")).toContain('"retis_version":"v1.7.0+1.5.2"');
    }
  });

  test("follows a rotated file", async () => {
    const path = write("rotated.json", { rotate: 100_000 }, (writer) => {
      for (let number = 0; number < 400; number++) writer.writeEvent(realisticEvent(number));
    });
    const program = `
import sys, retis
timestamps = [event.common.timestamp for event in retis.EventReader.with_rotation(sys.argv[1]) if event.kernel]
print(len(timestamps), len(set(timestamps)))`;
    expect(await runPython(program, [`${path}.0`])).toBe("400 400\n");
  });

  test("finds what belongs together as scripts do", async () => {
    const path = write("tracked.json", {}, (writer) =>
      [tracked(1, 0), tracked(1, 1), tracked(2, 0)].forEach((event) => writer.writeEvent(event)),
    );
    const program = `
import sys, retis
ids = [event.skb_tracking for event in retis.EventReader(sys.argv[1]) if event.skb_tracking]
print(ids[0].match(ids[1]), ids[0].match(ids[2]), ids[0].tracking_id())`;
    const id = (BigInt(5000123450000 + 1009) << 64n) | (18446612682070000128n + 512n);
    expect(await runPython(program, [path])).toBe(`True False ${id}\n`);
  });

  test.skipIf(cannotTrace !== undefined)(`reads what collect -o wrote${cannotTrace ? ` (${cannotTrace})` : ""}`, async () => {
    const place = makeWorkplace();
    try {
      const path = join(place.directory, "real.json");
      const what = ["-c", "skb,skb-drop,dev,ns", "--skb-sections", "all", "-p", "tp:net:netif_rx", "--stop-after", "20"];
      await mustRun([place.retis, "collect", ...what, "-o", path, "--cmd", markedPing]);
      const { events, sections: seen, unknown } = await compare(path, "events");
      expect(events).toBeGreaterThan(1);
      expect(unknown.filter((name) => ![...ownOfHeader, ...ownOfSections, "loss"].includes(name))).toEqual([]);
      expect(seen).toEqual(expect.arrayContaining(["common", "dev", "kernel", "netns", "packet", "skb", "startup"]));
    } finally {
      place.remove();
    }
  });
});

/** An event of a sorted file: packet `number`, place `idx`. */
function tracked(number: number, idx: number): Event {
  const event = realisticEvent(number);
  return { ...event, tracking: { skb: event["skb-tracking"], idx } };
}
