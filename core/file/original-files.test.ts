import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readAll, temporaryDirectory } from "../../test/cases/files/sample-events.ts";
import { openEventFile } from "./reader.ts";
import { EventFileWriter } from "./writer.ts";

setDefaultTimeout(60_000);

/** Files as the original tool writes them, put together by hand from the examples of its format. */
const cases = join(import.meta.dir, "../../test/cases/files");

test("a 1.7 file with one event of each section goes through unchanged", () => {
  const path = join(cases, "sections-1.7.json");
  const { events, reader } = readAll(path);
  expect(reader.readErrors).toEqual([]);
  expect(reader.kind).toBe("events");
  expect(events.map((event) => Object.keys(event).at(-1))).toEqual([
    "startup",
    "kernel",
    "userspace",
    "skb-tracking",
    "skb-drop",
    "packet",
    "skb",
    "dev",
    "nft",
    "ct",
    "ovs",
    "ovs",
    "ovs",
    "ovs",
    "ovs-detrace",
  ]);
  expect(events[3]?.["skb-tracking"]).toEqual({ orig_head: 18446612682070000000n, timestamp: 5000123450000, skb: 18446612682080000256n });
  expect((events[5]!["packet"]!["data"] as Uint8Array).toHex()).toBe(
    "02000000000b02000000000a08060001080006040001020000000" + "00a0a010001020000000" + "00b0a010002",
  );
  using directory = temporaryDirectory();
  const [startup, ...rest] = events;
  const copy = new EventFileWriter({ path: directory.path("copy"), form: "json", header: () => startup as never });
  for (const event of rest) copy.writeEvent(event);
  copy.close();
  const written = readFileSync(directory.path("copy"), "utf8");
  expect(written.replace('"retis-events":1,', "")).toBe(readFileSync(path, "utf8"));
});

test("a 1.5 file is brought to the newest layout", () => {
  const { events, reader } = readAll(join(cases, "layout-1.5.json"));
  expect(reader.readErrors).toEqual([]);
  expect(reader.header.startup.machine.kernel_release).toBe("unknown");
  expect(events[1]).toEqual({
    common: { timestamp: 1 },
    skb: { meta: { len: 2, data_len: 0, hash: 0, ip_summed: 0, csum: 0, csum_level: 0, priority: 0 } },
    packet: { len: 2, capture_len: 2, data: new Uint8Array([0, 1]) },
    dev: { name: "eth0", ifindex: 2 },
    netns: { inum: 4026531840 },
  });
  expect(events[2]?.["ct"]).toMatchObject({ ct_status: 0, proto_state: "SYN_SENT" });
});

test("a 1.6 file is brought to the newest layout", () => {
  const { events, reader } = readAll(join(cases, "layout-1.6.json"));
  expect(reader.header.startup.cmdline).toBe("unknown");
  expect(events[1]?.["ct"]).toMatchObject({ ct_status: 8, proto_state: "NONE" });
});

test("a sorted file is read as series", () => {
  const reader = openEventFile(join(cases, "sorted-1.7.json"));
  expect(reader.kind).toBe("series");
  const lengths = [];
  for (let batch = reader.readSeriesBatch(); batch; batch = reader.readSeriesBatch()) lengths.push(...batch.map((series) => series.length));
  expect(lengths).toEqual([1, 2, 1]);
});

test.each(["v0.9.0", "v1.4.0", "unspec", "1.7"])("version %s is refused by name", async (version) => {
  using directory = temporaryDirectory();
  const text = readFileSync(join(cases, "layout-1.6.json"), "utf8").replace("v1.6.0", version);
  await Bun.write(directory.path("old"), text);
  expect(() => openEventFile(directory.path("old"))).toThrow(`unsupported version: ${version}`);
});
