/** docs/wireshark/retis.lua in tshark, on captures that `retis pcap` writes. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Event } from "../../core/api/event.ts";
import { eventToJson } from "../../core/file/json.ts";
import { EventFileWriter } from "../../core/file/writer.ts";
import { PacketBlockWriter } from "../../core/output/packet-block.ts";
import { interfaceDescription, sectionHeader } from "../../core/output/pcapng.ts";
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

interface OriginalPacket {
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly json: string;
  /** 9 in what the original writes: 10^-9 seconds. */
  readonly digits?: number;
}

/**
 * Bytes as the original's `pcap` command writes them, in the byte order of its machine: a section header without options, the schema
 * in a custom block, an interface, packets with the event as text in the comment and as JSON in option 2988 only.
 */
function originalCapture(packets: readonly OriginalPacket[], littleEndian = true): Buffer {
  const integers = (size: 2 | 4, values: readonly number[]) => {
    const bytes = Buffer.alloc(size * values.length);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (const [index, value] of values.entries())
      size === 2 ? view.setUint16(index * 2, value, littleEndian) : view.setUint32(index * 4, value, littleEndian);
    return bytes;
  };
  const padded = (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
  const option = (code: number, value: Uint8Array) => Buffer.concat([integers(2, [code, value.length]), padded(value)]);
  const block = (type: number, ...parts: readonly Uint8Array[]) => {
    const body = Buffer.concat(parts);
    return Buffer.concat([integers(4, [type, body.length + 12]), body, integers(4, [body.length + 12])]);
  };
  const ours = (text: string) => Buffer.concat([integers(4, [70_000]), Buffer.from(text)]);
  const frame = Buffer.from("0200000000020200000000010800", "hex");
  const resolution = option(9, Uint8Array.of(packets[0]?.digits ?? 9));
  return Buffer.concat([
    block(0x0a0d0d0a, integers(4, [0x1a2b3c4d]), integers(2, [1, 0]), integers(4, [0xffff_ffff, 0xffff_ffff])),
    block(0xbad, padded(ours(JSON.stringify({ description: "x".repeat(27_001) })))),
    block(1, integers(2, [1, 0]), integers(4, [65_535]), option(2, Buffer.from("kprobe/ip_rcv")), resolution, option(0, Buffer.alloc(0))),
    ...packets.map(({ time, json }) =>
      block(
        6,
        integers(4, [0, Number(time >> 32n), Number(time & 0xffff_ffffn), frame.length, frame.length]),
        padded(frame),
        ...[option(1, Buffer.from("1 (0) [k] ip_rcv")), option(2988, ours(json)), option(0, Buffer.alloc(0))],
      ),
    ),
  ]);
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
    const packet = { interfaceId: 0, time: 1n, data: new Uint8Array(60), originalLength: 60 };
    const packets = comments.map((metadata) => {
      const writer = new PacketBlockWriter();
      const notes = { comment: "text", metadata, enterprise: 1 };
      const block = Buffer.alloc(writer.room(packet, notes));
      return block.subarray(0, writer.write(block, 0, packet, notes));
    });
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

  describe("captures of the original", () => {
    const start = 1_742_314_146_814_498_123n;
    const packets = events.map((event, number) => {
      const { packet: _packet, ...others } = event;
      return { time: start + BigInt(number) * 1001n, json: eventToJson(others) };
    });
    const fields = ["-T", "fields", "-e", "frame.number", "-e", "retis.common.timestamp"];
    const expected = events.map((event, number) => `${number + 2}\t${event["common"]?.["timestamp"]}`);

    async function shown(name: string, bytes: Uint8Array): Promise<readonly string[]> {
      writeFileSync(join(directory, name), bytes);
      return (await tshark(join(directory, name), ["-Y", "retis", ...fields])).trimEnd().split("\n");
    }

    test("have the events of option 2988, to the packet", async () => {
      expect(await shown("original.pcapng", originalCapture(packets))).toEqual(expected);
      expect(await matches(join(directory, "original.pcapng"), 'retis.skb_drop.drop_reason == "NO_SOCKET"')).toBe(20);
      expect(await matches(join(directory, "original.pcapng"), 'frame.interface_name == "kprobe/ip_rcv" && retis')).toBe(count);
    });

    test("compressed, of a big-endian machine, with times in microseconds", async () => {
      expect(await shown("original.pcapng.gz", gzipSync(originalCapture(packets)))).toEqual(expected);
      expect(await shown("big-endian.pcapng", originalCapture(packets, false))).toEqual(expected);
      const coarse = packets.map(({ time, json }) => ({ time: time / 1000n, json, digits: 6 }));
      expect(await shown("microseconds.pcapng", originalCapture(coarse))).toEqual(expected);
    });

    test("packets of the same nanosecond keep their own events", async () => {
      const same = packets.map(({ json }) => ({ time: start, json }));
      expect(await shown("same-time.pcapng", originalCapture(same))).toEqual(expected);
    });

    test("a cut file has the events before the cut; a damaged event is marked", async () => {
      const bytes = originalCapture(packets);
      const { status, stdout } = await cutCapture(bytes.subarray(0, bytes.length - 100));
      expect({ status, lines: stdout.trimEnd().split("\n") }).toEqual({ status: 2, lines: expected.slice(0, -1) });
      writeFileSync(join(directory, "bad.pcapng"), originalCapture([{ time: 1n, json: '{"a":' }, ...packets]));
      expect(await matches(join(directory, "bad.pcapng"), "retis.damaged")).toBe(1);
      expect(await matches(join(directory, "bad.pcapng"), "retis && !retis.damaged")).toBe(count);
    });

    async function cutCapture(bytes: Uint8Array): Promise<{ status: number; stdout: string }> {
      const path = join(directory, "cut.pcapng");
      writeFileSync(path, bytes);
      return runCommand(["tshark", "-X", `lua_script:${script}`, "-r", path, "-Y", "retis", ...fields]);
    }

    test("pipes open as before: packets of the original without events, our own with them", async () => {
      const many = Array.from({ length: 3000 }, (_, number) => packets[number % count]!);
      writeFileSync(join(directory, "piped.pcapng"), originalCapture(many));
      expect(await piped(join(directory, "piped.pcapng"), "eth")).toBe(3000);
      expect(await piped(join(directory, "piped.pcapng"), "retis")).toBe(0);
      expect(await piped(await capture("own-piped", events), "retis")).toBe(count);
    });

    async function piped(path: string, filter: string): Promise<number> {
      const command = `cat ${path} | tshark -X lua_script:${script} -r - -Y '${filter}' -T fields -e frame.number`;
      const stdout = await mustRun(["sh", "-c", command]);
      return stdout.split("\n").filter((line) => line !== "").length;
    }
  });
});
