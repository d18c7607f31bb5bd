/**
 * Files as the original tool wrote them in its versions 1.5, 1.6 and 1.7, put together by hand: one recording in the layout
 * of each version. The commands must show the same of all three.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustRun } from "../support/command.ts";

setDefaultTimeout(60_000);

const main = join(import.meta.dir, "../../core/main.ts");
const versions = ["1.5", "1.6", "1.7"] as const;
type Version = (typeof versions)[number];

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "retis-original-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

type Members = Readonly<Record<string, unknown>>;

/** A SYN to a closed port: Ethernet, IPv4, TCP. */
const data = "02000000000b02000000000a08004500002800014000400600000a0a000a0a0a00148ae001bb0000000100000000500203e800000000";
const base64 = Buffer.from(data, "hex").toString("base64");
const tuple = (src: string, dst: string) => ({ ip: { src, dst, version: "v4" }, proto: { tcp: { sport: 35552, dport: 443 } } });

function startup(version: Version): Members {
  const always = { retis_version: `v${version}.1`, clock_monotonic_offset: { sec: 1742309146, nsec: 691042000 } };
  const machine = { kernel_release: "6.12.0", kernel_version: "#1 SMP", hardware_name: "x86_64" };
  return {
    common: { timestamp: 4999123456789 },
    startup: version === "1.7" ? { ...always, cmdline: "retis collect -o", machine } : always,
  };
}

/** Connection tracking: 1.5 has no status, and before 1.7 the state of the protocol was TCP's only. */
function connection(version: Version): Members {
  const both = {
    state: "new",
    zone_id: 5,
    zone_dir: "Default",
    orig: tuple("10.10.0.10", "10.10.0.20"),
    reply: tuple("10.10.0.20", "10.10.0.10"),
    mark: 0,
  };
  const state = version === "1.7" ? { proto_state: "SYN_SENT" } : { tcp_state: "SYN_SENT" };
  return { ...both, ...state, ...(version === "1.5" ? {} : { ct_status: 0 }) };
}

/** Packet, device and namespace were parts of the section `skb` in 1.5. */
function packetSections(version: Version): Members {
  const meta = { len: 40, data_len: 0, hash: 0, ip_summed: 0, csum: 0, csum_level: 0, priority: 0 };
  const [len, capture_len] = [54, 54];
  const dev = { name: "eth0", ifindex: 2 };
  if (version === "1.5") return { skb: { meta, packet: { len, capture_len, packet: base64 }, dev, ns: { netns: 4026531840 } } };
  return { packet: { len, capture_len, data: base64 }, skb: { meta }, netns: { inum: 4026531840 }, dev };
}

function events(version: Version): readonly Members[] {
  const tracking = { "skb-tracking": { orig_head: 18446612682070000128n, timestamp: 5000123450000, skb: 18446612682080000256n } };
  const rest = { ...tracking, ...packetSections(version), ct: connection(version) };
  const common = (timestamp: number) => ({ timestamp, smp_id: 3, task: { pid: 4242, tgid: 4242, comm: "curl" } });
  return [
    { common: common(5000123456789), kernel: { symbol: "tcp_v4_rcv", probe_type: "kprobe" }, ...rest },
    {
      common: common(5000123457789),
      kernel: { symbol: "skb:kfree_skb", probe_type: "raw_tracepoint" },
      "skb-drop": { drop_reason: "NO_SOCKET" },
      ...rest,
    },
  ];
}

/** JSON with bigints as plain numbers. */
function line(value: unknown): string {
  const marked = JSON.stringify(value, (_, member) => (typeof member === "bigint" ? `#${member}#` : member));
  return `${marked.replace(/"#(\d+)#"/g, "$1")}\n`;
}

function write(version: Version): string {
  const path = join(directory, `${version}.json`);
  writeFileSync(path, [startup(version), ...events(version)].map(line).join(""));
  return path;
}

/** The second event in the place that `sort -o` would give it. */
function writeSorted(): string {
  const series = events("1.7").map((event, idx) => ({ ...event, tracking: { skb: event["skb-tracking"], idx } }));
  const path = join(directory, "sorted.json");
  writeFileSync(path, line([startup("1.7")]) + line(series));
  return path;
}

function retis(...args: readonly string[]): Promise<string> {
  return mustRun([process.execPath, main, ...args], { env: { NOPAGER: "1", LANG: "C.UTF-8" } });
}

const head = "5000123457789 (3) [curl] 4242 [tp] skb:kfree_skb #48c2e950290ffff887fffff8200 (skb ffff888000981900)";
const body = [
  "if 2 (eth0) 10.10.0.10.35552 > 10.10.0.20.443 tos 0x0 ttl 64 id 1 off 0 [DF] len 40 proto TCP (6) flags [S] seq 1 win 1000",
  "ns 4026531840",
  "skb [csum none len 40 priority 0]",
  "drop (reason NO_SOCKET)",
  "ct_state NEW status 0x0 tcp (SYN_SENT) orig [10.10.0.10.35552 > 10.10.0.20.443] reply [10.10.0.20.35552 > 10.10.0.10.443] zone 5 mark 0",
];

test.each(versions)("print shows a file of %s", async (version) => {
  const text = await retis("print", write(version));
  expect(text).toContain(`collected with Retis v${version}.1\n`);
  expect(text.split("\n\n").at(-2)).toBe([head, ...body.map((each) => `  ${each}`)].join("\n"));
});

test.each(versions)("stats counts a file of %s", async (version) => {
  const text = await retis("stats", write(version));
  expect(text).toContain("Number of events: 2\n");
  expect(text).toContain("  kprobe/tcp_v4_rcv: 1\n");
  expect(text).toContain("NO_SOCKET: 1\n");
});

test("pcap converts them to the same packets", async () => {
  const captures = await Promise.all(
    versions.map(async (version) => {
      const path = join(directory, `${version}.pcapng`);
      await retis("pcap", write(version), "-o", path, "--plain");
      const capture = readFileSync(path);
      // The section header differs: in the recording program, its kernel and its machine.
      return capture.subarray(capture.readUInt32LE(4)).toHex();
    }),
  );
  for (const capture of captures) expect(capture.split(data)).toHaveLength(3);
  expect(new Set(captures).size).toBe(1);
});

test("a sorted file is shown as the packet path that it is", async () => {
  const path = writeSorted();
  const text = await retis("print", path);
  expect(text).toContain("#48c2e950290ffff887fffff8200 (skb ffff888000981900) n 0\n");
  expect(text).toContain(`\n  ↳ ${head} n 1\n`);
  expect(await retis("stats", path)).toContain("Number of series: 1\n");
  await retis("pcap", path, "-o", join(directory, "sorted.pcapng"));
});

test.each(versions)("sort joins the events of a file of %s", async (version) => {
  const text = await retis("sort", write(version));
  expect(text).toContain("(skb ffff888000981900) n 0\n");
  expect(text).toContain(`\n  ↳ ${head} n 1\n`);
});
