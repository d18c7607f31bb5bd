/**
 * Time of one evaluation of a packet filter in the kernel, without the probe around it: `scripts/bun test/bench/filter-time.ts`,
 * as root. BPF_PROG_TEST_RUN repeats a program that does nothing but call the filter; the same program with the filter
 * that lets everything through is subtracted.
 */
import { log } from "../../core/base/log.ts";
import { preparePacketFilter } from "../../core/filter/packet-filter.ts";
import { compileFilterEntry, FilterRunner } from "../support/filter-runner.ts";
import { ethernet, ethertype, ipv4, protocol, tcpSyn, udp } from "../support/frames.ts";

const repeat = 300_000;
const rounds = 5;
const route = { source: "10.0.0.1", destination: "10.0.0.2" };

function frame(proto: number, transport: Buffer): Buffer {
  return ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", ethertype.ipv4, ipv4(route.source, route.destination, proto, transport));
}

const packets = [
  { name: "TCP to port 443", bytes: frame(protocol.tcp, tcpSyn(route, { sourcePort: 40000, destinationPort: 443 })) },
  { name: "TCP to port 80", bytes: frame(protocol.tcp, tcpSyn(route, { sourcePort: 40000, destinationPort: 80 })) },
  { name: "UDP to port 53", bytes: frame(protocol.udp, udp(route, { sourcePort: 40000, destinationPort: 53 })) },
];
const filters = ["tcp port 443", "host 10.0.0.1 and tcp[tcpflags] & tcp-syn != 0", "ether[13] = 0", "portrange 1000-50000"];

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

log.setLevel("error");
const entry = compileFilterEntry();
const base = new FilterRunner(entry, undefined, undefined, "time_filter");
packets.forEach(({ bytes }, index) => base.put(index, { bytes, linear: bytes.length, length: bytes.length }));
for (const filter of filters) {
  const runner = new FilterRunner(entry, preparePacketFilter(filter), base, "time_filter");
  packets.forEach(({ name }, index) => {
    // Taken alternately, so that a change of clock speed meets both.
    const pairs = Array.from({ length: rounds }, () => runner.time(index, repeat) - base.time(index, repeat));
    const verdict = runner.verdict(index) ? "passes" : "rejected";
    console.log(`${filter.padEnd(48)} ${name.padEnd(16)} ${verdict.padEnd(9)} ${median(pairs)} ns`);
  });
  runner.close();
}
console.log(`${"the program around it".padEnd(75)} ${median(Array.from({ length: rounds }, () => base.time(0, repeat)))} ns`);
base.close();
