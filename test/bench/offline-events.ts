/**
 * Events as a recording of a busy host holds them, for benchmarks of reading commands: seven sections with a packet of 60
 * bytes, some thousand flows, one drop in three events.
 */
import type { Event } from "../../core/api/event.ts";
import type { FileHeader } from "../../core/file/header.ts";
import { EventFileWriter, type FileForm } from "../../core/file/writer.ts";
import { sampleHeader } from "../cases/files/sample-events.ts";

const tasks = ["swapper/0", "curl", "ksoftirqd/1", "systemd-resolve", "nginx"];
const devices = ["eth0", "lo", "veth1a2b3c", "enp3s0f1np1"];
const symbols = ["skb:kfree_skb", "net:netif_receive_skb", "skb:consume_skb"];
const reasons = ["NO_SOCKET", "NETFILTER_DROP", "TCP_INVALID_SEQUENCE", "NOT_SPECIFIED"];
const flows = 4000;
const packetBytes = 60;
/** Between two events, on average; with one drop in three this is the load of some 190,000 drops a second. */
const nanosecondsApart = 1731;

const ethernet = "020000000001" + "020000000002" + "0800";
// Identification, checksum, addresses and ports are those of each event.
const ipv4 = { tcp: "4500002e00004000400600000a0000000a0000c8", udp: "4500002e00004000401100000a0000000a0000c8" };
const tcp = Uint8Array.fromHex(ethernet + ipv4.tcp + "0000005012345678000000015002faf0fe300000" + "000000000000");
const udp = Uint8Array.fromHex(ethernet + ipv4.udp + "00000035001a0000" + "000000000000000000000000000000000000");

/** Header of a file of such events. */
export const offlineHeader: FileHeader = sampleHeader({ common: { timestamp: 202_389_000_000_000 } });

/** Sequences that repeat late and do not go in step with each other. */
function scatter(i: number, modulus: number): number {
  return (Math.imul(i, 2_654_435_761) >>> 0) % modulus;
}

function packetOf(i: number, flow: number): Uint8Array {
  const bytes = new Uint8Array(packetBytes);
  bytes.set(flow % 4 === 0 ? udp : tcp);
  const view = new DataView(bytes.buffer);
  view.setUint16(18, i & 0xffff);
  view.setUint16(24, scatter(i, 0x10000));
  view.setUint16(28, flow >> 4);
  view.setUint16(34, 32_768 + flow);
  return bytes;
}

/** Event number `i`. */
export function offlineEvent(i: number): Event {
  const timestamp = 202_389_123_456_789 + i * nanosecondsApart + scatter(i, 900);
  const pid = 1000 + scatter(i, 5000);
  const packet = Math.floor(i / symbols.length);
  const address = BigInt(scatter(packet, 100_000)) * 256n;
  return {
    common: { timestamp, smp_id: i % 8, task: { pid, tgid: pid, comm: tasks[pid % tasks.length] } },
    kernel: { symbol: symbols[i % symbols.length], probe_type: "raw_tracepoint" },
    "skb-tracking": {
      orig_head: 0xffff_8881_0000_0000n + address,
      timestamp: 202_389_123_456_000 + packet * symbols.length * nanosecondsApart,
      skb: 0xffff_8882_0000_0000n + address,
    },
    packet: { len: packetBytes + (i % 1400), capture_len: packetBytes, data: packetOf(i, scatter(packet, flows)) },
    "skb-drop": { drop_reason: reasons[scatter(i, reasons.length)] },
    dev: { name: devices[i % devices.length], ifindex: 1 + (i % 40), rx_ifindex: i % 3 },
    netns: { cookie: 1 + (i % 5), inum: 4_026_531_840 + (i % 5) },
  };
}

/** Writes a file of that many events. */
export function writeOfflineEvents(path: string, count: number, form: FileForm, zstd: boolean): void {
  const writer = new EventFileWriter({ path, form, zstd, header: () => offlineHeader });
  for (let i = 0; i < count; i++) writer.writeEvent(offlineEvent(i));
  writer.close();
}
