/** docs/wireshark/retis.lua in tshark, on captures that `retis pcap` writes. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Event } from "../../core/api/event.ts";
import { EventFileWriter } from "../../core/file/writer.ts";
import { commentOption, enhancedPacket, interfaceDescription, sectionHeader } from "../../core/output/pcapng.ts";
import { realisticEvent, sampleHeader } from "../cases/files/sample-events.ts";
import { mustRun, runCommand } from "../support/command.ts";

setDefaultTimeout(60_000);

const repository = join(import.meta.dir, "../..");
const script = join(repository, "docs/wireshark/retis.lua");
const noTshark = Bun.which("tshark") === null ? "tshark is not installed" : undefined;
const count = 30;

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "retis-wireshark-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Writes the events to a file and converts that; gives the path of the capture. */
async function capture(name: string, events: readonly Event[], flags: readonly string[] = []): Promise<string> {
  const writer = new EventFileWriter({ path: join(directory, `${name}.json`), form: "json", header: () => sampleHeader() });
  for (const event of events) writer.writeEvent(event);
  writer.close();
  const path = join(directory, `${name}.pcapng`);
  await mustRun([process.execPath, join(repository, "core/main.ts"), "pcap", join(directory, `${name}.json`), "-o", path, ...flags]);
  return path;
}

/** What tshark prints with the dissector; throws when the script or a filter is refused. */
async function tshark(path: string, args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await runCommand(["tshark", "-X", `lua_script:${script}`, "-r", path, ...args]);
  if (status !== 0 || /lua/i.test(stderr)) throw new Error(`tshark ended with status ${status}: ${stderr}`);
  return stdout;
}

/** Values of a field, a line for each packet that has an event; the values of one packet are joined by commas. */
async function fieldValues(path: string, field: string): Promise<readonly string[]> {
  const text = await tshark(path, ["-Y", "retis", "-T", "fields", "-e", field]);
  return text.trimEnd().split("\n");
}

async function matches(path: string, filter: string): Promise<number> {
  const text = await tshark(path, ["-Y", filter, "-T", "fields", "-e", "frame.number"]);
  return text.split("\n").filter((line) => line !== "").length;
}

describe.skipIf(noTshark !== undefined)(`the dissector${noTshark ? ` (${noTshark})` : ""}`, () => {
  const events = Array.from({ length: count }, (_, number) => realisticEvent(number));

  test("filters find values of every type", async () => {
    const path = await capture("drops", events);
    const drops = events.filter((event) => event["skb-drop"]?.["drop_reason"] === "NO_SOCKET").length;
    expect(drops).toBe(20);
    expect(await matches(path, 'retis.skb_drop.drop_reason == "NO_SOCKET"')).toBe(drops);
    expect(await matches(path, "retis.skb_drop")).toBe(count);
    expect(await matches(path, "retis.common.smp_id == 3")).toBe(events.filter((event) => event["common"]?.["smp_id"] === 3).length);
    expect(await matches(path, "retis.skb_tracking.skb == 18446612682080000256")).toBe(1);
    expect(await matches(path, "retis.skb.data_ref.cloned == 1 && !(retis.skb.data_ref.nohdr == 1)")).toBe(count);
    expect(await matches(path, 'retis.kernel.symbol matches "^skb:" && tcp')).toBe(count);
    expect(await matches(path, "retis.damaged")).toBe(0);
  });

  test("64-bit values are exact", async () => {
    const path = await capture("exact", events);
    expect(await fieldValues(path, "retis.skb_tracking.orig_head")).toEqual(
      events.map((event) => String(event["skb-tracking"]?.["orig_head"])),
    );
    expect(await fieldValues(path, "retis.common.timestamp")).toEqual(events.map((event) => String(event["common"]?.["timestamp"])));
  });

  test("texts, lists and nested objects arrive as they were", async () => {
    const comm = 'a "b" \\ \t ü 包 😀';
    const stack_trace = ["first+0x1", "second [nf_tables]"];
    const tuple = { ip: { src: "10.0.0.1", dst: "10.0.0.2", version: "v4" }, proto: { tcp: { sport: 4000, dport: 80 } } };
    const odd: Event = {
      ...realisticEvent(1),
      common: { timestamp: 2n ** 64n - 1n, task: { pid: 1, tgid: 1, comm } },
      kernel: { symbol: "f", probe_type: "kprobe", stack_trace },
      "third-party": { list: [1, [true]], deep: { text: "x" }, empty: {} },
      ct: { state: "new", zone_id: 0, zone_dir: "Default", orig: tuple, reply: tuple, ct_status: 398 },
    };
    const path = await capture("odd", [odd]);
    expect(await fieldValues(path, "retis.common.task.comm")).toEqual([comm.replace("\t", "\\t")]);
    expect(await fieldValues(path, "retis.common.timestamp")).toEqual(["18446744073709551615"]);
    expect(await fieldValues(path, "retis.kernel.stack_trace")).toEqual([stack_trace.join(",")]);
    expect(await fieldValues(path, "retis.ct.orig.proto.tcp.dport")).toEqual(["80"]);
    expect(await fieldValues(path, "retis.other")).toEqual(["third_party.list: 1,third_party.list: true,third_party.deep.text: x"]);
  });

  test("comments that only look like events are marked", async () => {
    const comments = ['{"common":{"timestamp":1}', '{"a":', `${'{"a":'.repeat(5000)}1`, '{"a":tru}', '{"a":"\\', "{not ours}", '{"a":1}'];
    const packets = comments.map((comment) =>
      enhancedPacket({ interfaceId: 0, time: 1n, data: new Uint8Array(60), originalLength: 60 }, [commentOption(comment)!]),
    );
    const path = join(directory, "damaged.pcapng");
    const origin = { hardware: "", operatingSystem: "", application: "" };
    writeFileSync(path, Buffer.concat([sectionHeader(origin), interfaceDescription("a", "b"), ...packets]));
    expect(await matches(path, "retis.damaged")).toBe(5);
    expect(await matches(path, 'retis.other == "a: 1"')).toBe(1);
    expect(await matches(path, "!retis")).toBe(1);
  });

  test("a plain capture, and comments of others, are left alone", async () => {
    const path = await capture("plain", events, ["--plain"]);
    expect(await matches(path, "retis")).toBe(0);
    expect(await matches(path, "frame")).toBe(count);
  });

  test("the tree shows labels", async () => {
    const text = await tshark(await capture("tree", events.slice(0, 1)), ["-Y", "retis", "-O", "retis"]);
    expect(text).toContain("\n    Why the packet was dropped\n        Reason of the drop: TCP_CSUM\n");
  });
});
