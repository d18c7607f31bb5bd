import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Event } from "../api/event.ts";
import { bytesFromHex } from "../base/bytes.ts";
import { ByteOutput } from "./byte-output.ts";
import { PcapngSink } from "./pcapng-sink.ts";

const directory = mkdtempSync(join(tmpdir(), "retis-pcapng-"));
afterAll(() => rmSync(directory, { recursive: true }));

const origin = { hardware: "x86_64", operatingSystem: "Linux 6.12.0", application: "retis v1.7.0" };
const frame = "02000000000b02000000000a0800";
const data = bytesFromHex(frame);

function event(timestamp: number, symbol: string, more: Event = {}): Event {
  return { common: { timestamp }, kernel: { symbol, probe_type: "kprobe" }, packet: { len: 60, data }, ...more };
}

let count = 0;

function capture(
  events: readonly Event[],
  schema?: Readonly<Record<string, unknown>>,
): { readonly sink: PcapngSink; readonly path: string } {
  const path = join(directory, `${count++}.pcapng`);
  const sink = new PcapngSink(new ByteOutput(path), { sections: [], origin, clockOffset: { sec: 1_700_000_000, nsec: 5 }, schema });
  for (const each of events) sink.write(each);
  expect(sink.close()).toBe("ok");
  return { sink, path };
}

interface Block {
  readonly type: number;
  readonly body: Buffer;
}

/** Blocks of a file, read by its lengths alone; both lengths of a block must agree. */
function readBlocks(path: string): readonly Block[] {
  const bytes = readFileSync(path);
  const blocks: Block[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    expect(bytes.readUInt32LE(at + length - 4)).toBe(length);
    blocks.push({ type: bytes.readUInt32LE(at), body: bytes.subarray(at + 8, at + length - 4) });
    at += length;
  }
  return blocks;
}

/** What an Enhanced Packet Block says. */
function readPacket({ type, body }: Block): {
  readonly id: number;
  readonly time: bigint;
  readonly data: string;
  readonly length: number;
  readonly options: Readonly<Record<number, string>>;
  readonly comments: readonly string[];
} {
  expect(type).toBe(6);
  const captured = body.readUInt32LE(12);
  const options: Record<number, string> = {};
  const comments: string[] = [];
  for (let at = 20 + Math.ceil(captured / 4) * 4; at < body.length && body.readUInt16LE(at) !== 0; ) {
    const length = body.readUInt16LE(at + 2);
    const code = body.readUInt16LE(at);
    const value = body.toString("utf8", at + 4, at + 4 + length);
    if (code === 1) comments.push(value);
    else options[code] = value;
    at += 4 + Math.ceil(length / 4) * 4;
  }
  const time = (BigInt(body.readUInt32LE(4)) << 32n) | BigInt(body.readUInt32LE(8));
  return {
    id: body.readUInt32LE(0),
    time,
    data: body.toString("hex", 20, 20 + captured),
    length: body.readUInt32LE(16),
    options,
    comments,
  };
}

test("a small capture, byte for byte", () => {
  const { path } = capture([event(1, "f")]);
  const expected =
    "0a0d0d0a 4c000000 4d3c2b1a 01000000 ffffffff ffffffff" +
    "02000600 7838365f 36340000 03000c00 4c696e75 7820362e 31322e30 04000c00 72657469 73207631 2e372e30 00000000 4c000000" +
    "01000000 54000000 01000000 00000400 02000800 6b70726f 62652f66" +
    "03002100 46616b65 20696e74 65726661 63652066 6f722070 726f6265 206b7072 6f62652f 66000000 09000100 09000000 00000000 54000000" +
    "06000000 30000000 00000000 fe9c9717 06002a36 0e000000 3c000000 02000000 000b0200 0000000a 08000000 30000000";
  expect(readFileSync(path).toHex()).toBe(expected.replaceAll(" ", ""));
});

test("an interface for each probe, the schema before the first packet, the event with each", () => {
  const schema = { title: "Retis Metadata", maximum: 2n ** 64n - 1n };
  const drop = { "skb-drop": { drop_reason: "NO_SOCKET", skb: 2n ** 63n } };
  const { path } = capture([event(1, "f", drop), event(2, "g"), event(3, "f", { packet: { len: 60, data, synthetic_eth: true } })], schema);
  const blocks = readBlocks(path);
  expect(blocks.map(({ type }) => type)).toEqual([0x0a0d0d0a, 0xbad, 1, 6, 1, 6, 6]);
  expect(blocks[1]!.body.readUInt32LE(0)).toBe(70000);
  expect(blocks[1]!.body.toString("utf8", 4).replace(/\0+$/, "")).toBe('{"title":"Retis Metadata","maximum":18446744073709551615}');
  const packets = [blocks[3]!, blocks[5]!, blocks[6]!].map(readPacket);
  expect(packets.map(({ id }) => id)).toEqual([0, 1, 0]);
  expect(packets.map(({ time }) => time - 1_700_000_000_000_000_000n)).toEqual([6n, 7n, 8n]);
  const json =
    '{"common":{"timestamp":1},"kernel":{"symbol":"f","probe_type":"kprobe"},"skb-drop":{"drop_reason":"NO_SOCKET","skb":9223372036854775808}}';
  expect(packets[0]!.options[2988]).toBe(`p\u0011\u0001\0${json}`);
  expect(packets[0]!.comments).toHaveLength(2);
  expect(packets[0]!.comments[0]).toStartWith("2023-11-14 22:13:20.000000");
  expect(packets[0]!.comments[0]).toContain("NO_SOCKET");
  expect(packets[0]!.comments[1]).toBe(json);
  expect(packets[2]!.comments[0]).toEndWith("\n  Synthetic Ethernet header: the kernel had only the network header");
});

test("a plain capture has packets only", () => {
  const blocks = readBlocks(capture([event(1, "f"), event(2, "f")]).path);
  expect(blocks.map(({ type }) => type)).toEqual([0x0a0d0d0a, 1, 6, 6]);
  expect(readPacket(blocks[2]!)).toEqual({ id: 0, time: 1_700_000_000_000_000_006n, data: frame, length: 60, options: {}, comments: [] });
});

test("what is too long for an option is left out and counted, the packet stays", () => {
  const { sink, path } = capture([event(1, "f", { x: { text: "é".repeat(40_000) } }), event(2, "f")], {});
  const packets = readBlocks(path)
    .filter(({ type }) => type === 6)
    .map(readPacket);
  expect(packets.map(({ options, comments }) => [comments.length, Object.keys(options)])).toEqual([
    [0, []],
    [2, ["2988"]],
  ]);
  expect([sink.packets, sink.shortened]).toEqual([2, 1]);
});

test("a startup event sets the clock; events without kernel probe or packet are left out", () => {
  const startup = { clock_monotonic_offset: { sec: 3, nsec: 0 } };
  const { sink, path } = capture([{ startup }, { userspace: {}, packet: { data } }, event(1, "f", { packet: undefined }), event(2, "f")]);
  const [packet, ...more] = readBlocks(path)
    .filter(({ type }) => type === 6)
    .map(readPacket);
  expect(packet?.time).toBe(3_000_000_002n);
  expect(more).toEqual([]);
  expect([sink.packets, sink.withoutPacket]).toEqual([1, 1]);
});

test("without a packet no file is made", () => {
  expect(existsSync(capture([event(1, "f", { packet: undefined })]).path)).toBe(false);
});

test("a full disk is reported once", () => {
  const sink = new PcapngSink(new ByteOutput("/dev/full"), { sections: [], origin, clockOffset: { sec: 0, nsec: 0 }, schema: undefined });
  sink.write(event(1, "f"));
  expect(sink.flush()).toMatchObject({ code: "FILE_WRITE" });
  sink.write(event(2, "f"));
  expect(sink.close()).toMatchObject({ code: "FILE_WRITE" });
});
