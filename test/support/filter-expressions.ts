/** Expressions of pcap-filter(7), at random from its grammar. Not each of them is one that libpcap accepts. */
import { shared } from "./filter-packets.ts";
import type { Random } from "./random.ts";

const directions = ["", "", "src ", "dst ", "src or dst ", "src and dst "];
const protocols = [
  "ip",
  "ip6",
  "arp",
  "rarp",
  "tcp",
  "udp",
  "icmp",
  "icmp6",
  "sctp",
  "igmp",
  "pim",
  "ah",
  "esp",
  "vrrp",
  "atalk",
  "stp",
  "isis",
  "ipx",
  "lat",
  "aarp",
  "decnet",
  "llc",
  "iso",
];
const headers = ["ether", "ip", "ip6", "arp", "tcp", "udp", "icmp", "icmp6", "sctp", "igmp", "link"];
const offsets = [0, 1, 2, 6, 8, 9, 12, 13, 14, 20, 33, 46, 60, 150, 187, 190, 191, 192, 300, 1400, 0x7fffffff, 0xfffffffe];
const numbers = [
  "0",
  "1",
  "2",
  "4",
  "5",
  "6",
  "8",
  "0x0f",
  "0x40",
  "17",
  "31",
  "64",
  "80",
  "0xff",
  "443",
  "1500",
  "0x0800",
  "0x86dd",
  "0xffff",
  "0x10000",
  "0x7fffffff",
  "0x80000000",
  "0xffffffff",
];
const relations = ["=", "==", "!=", ">", "<", ">=", "<="];

/** One that uses each feature of the language once, and those at the edges. */
export const handWritten: readonly string[] = [
  "",
  "tcp",
  "tcp port 443",
  "host 10.0.0.1",
  "arp or tcp port 443",
  "icmp[icmptype] = icmp-echo",
  "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
  "tcp[tcpflags] = tcp-syn|tcp-ack",
  "tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)",
  "ip[0] & 0xf != 5",
  "ip[6:2] & 0x1fff != 0",
  "ip6[6] = 58",
  "ip6 protochain 6",
  "ip protochain 17",
  "ip6 proto 6",
  "greater 200",
  "less 100",
  "len >= 64 and len <= 128",
  "vlan",
  "vlan 100",
  "vlan and tcp",
  "vlan 100 and vlan 123",
  "vlan and ip6 and udp",
  "not vlan",
  "mpls",
  "mpls 100 and tcp",
  "mpls and mpls",
  "pppoes",
  "pppoes 7 and ip",
  "ether broadcast",
  "ether multicast",
  "broadcast",
  "multicast",
  "ip multicast",
  "ip6 multicast",
  "ether proto 0x88cc",
  "ether proto \\ip",
  "ether host 02:00:00:00:00:01",
  "ether src 02:00:00:00:00:01 and ip",
  "net 10.0.0.0/8",
  "net 10",
  "src net 192.168.1.0 mask 255.255.255.0",
  "ip6 net 2001:db8::/32",
  "dst net fe80::/10",
  "portrange 50-500",
  "tcp src portrange 1-1023",
  "udp dst port 53",
  "ip proto 132",
  "ip proto \\tcp",
  "icmp6[icmp6type] = icmp6-neighborsolicit",
  "llc",
  "stp",
  "isis",
  "geneve",
  "geneve 42 and ip",
  "tcp[tcp[12]>>2:4] = 0x47455420",
  "ip[ip[0]&0xf:2] = 0",
  "ether[ether[14]:4] > 0x1000",
  "ether[0xfffffffe:4] = 0",
  "ether[len:1] = 0",
  "ether[len - 1] >= 0",
  "udp[udp[4:2] - 1] > 7",
  "-ip[8] < 0",
  "len - 2000 > 0x80000000",
  "(len - 2000) >> 4 > 5",
  "ip[2:2] / (ip[8] & 3) > 9",
  "ip[2:2] % ip[1] = 0",
  "len << ip[8] > 100",
  "0xffffffff >> ip[8] & 1 = 1",
  "len * 0x10001 > 0x80000000",
  "(ip[4:2] << 16 | ip[4:2]) ^ 0xffff0000 != 0",
  "gateway 10.0.0.1",
  "tcp and not port 22 and not port 80",
  "port 22 or port 53 or port 80 or port 443 or port 8080",
  "not (tcp or udp)",
  "!ip",
  "ip[0:4] = 0x45000000 or ip[191] = 1",
  "ip host 10.0.0.1 and ip6 host fe80::1",
  "link[0] & 1 = 1",
  "wlan host 02:00:00:00:00:01",
  "ip broadcast",
  "ether[190:2] > 100 or ether[191:2] > 100 or ether[192:2] > 100",
  "tcp or ether[1000:4] > 7",
];

function host(random: Random): string {
  const [name, address] = random.once(3) ? ["ip6", random.pick(shared.ipv6)] : ["ip", random.pick(shared.ipv4)];
  return `${random.pick(["", `${name} `, "arp "])}${random.pick(directions)}host ${address}`;
}

function network(random: Random): string {
  if (random.once(3))
    return `${random.pick(directions)}net ${random.pick(["2001:db8::/32", "2001:db8::/64", "fe80::/10", "ff00::/8", "::/0"])}`;
  return `${random.pick(directions)}net ${random.pick(["10.0.0.0/8", "10.0.0.0/24", "192.168.0.0/16", "0.0.0.0/0", "224.0.0.0/4", "10.0.0.0 mask 255.255.254.0", "10.0.0.2/31"])}`;
}

function port(random: Random): string {
  const protocol = random.pick(["", "tcp ", "udp ", "sctp "]);
  const low = random.pick(shared.port);
  return `${protocol}${random.pick(directions)}${random.once(4) ? `portrange ${low}-${low + random.below(5000)}` : `port ${low}`}`;
}

function linkLayer(random: Random): string {
  return random.pick([
    () => `ether ${random.pick(["host", "src", "dst"])} ${random.pick(shared.mac)}`,
    () => `ether proto ${random.pick(["0x0800", "0x86dd", "0x0806", "0x8847", "0x88cc", "0x42", "1500"])}`,
    () => random.pick(["ether broadcast", "ether multicast", "ip multicast", "ip6 multicast"]),
    () => `vlan${random.pick(["", ` ${random.pick(shared.vlan)}`])}`,
    () => `mpls${random.pick(["", ` ${random.pick(shared.mpls)}`])}`,
    () => `pppoes${random.pick(["", " 7"])}`,
  ])();
}

function protocol(random: Random): string {
  return random.pick([
    () => random.pick(protocols),
    () => `${random.pick(["ip", "ip6"])} proto ${random.below(140)}`,
    () => `${random.pick(["ip", "ip6"])} protochain ${random.pick([6, 17, 58])}`,
  ])();
}

/** Reads of the packet, the length, constants, and operations on them. */
function arithmetic(random: Random, depth: number): string {
  if (depth > 2 || random.once(3)) return random.once(6) ? "len" : random.once(2) ? random.pick(numbers) : access(random, depth);
  if (random.once(10)) return `-(${arithmetic(random, depth + 1)})`;
  const operator = random.pick(["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"]);
  return `(${arithmetic(random, depth + 1)} ${operator} ${arithmetic(random, depth + 1)})`;
}

function access(random: Random, depth: number): string {
  const index = depth < 2 && random.once(4) ? arithmetic(random, depth + 2) : String(random.pick(offsets));
  return `${random.pick(headers)}[${index}${random.pick(["", ":1", ":2", ":4"])}]`;
}

function relation(random: Random): string {
  if (random.once(6)) return `${random.pick(["less", "greater"])} ${random.below(1500)}`;
  return `${arithmetic(random, 0)} ${random.pick(relations)} ${arithmetic(random, 1)}`;
}

/** A primitive, or several joined. */
export function randomExpression(random: Random, depth = 0): string {
  if (depth < 3 && random.once(2)) {
    const joined = `${randomExpression(random, depth + 1)} ${random.pick(["and", "or", "or", "&&", "||"])} ${randomExpression(random, depth + 1)}`;
    return `${random.pick(["", "", "", "not "])}(${joined})`;
  }
  const primitive = random.pick([host, network, port, port, linkLayer, protocol, relation, relation, relation])(random);
  return `${random.once(5) ? "not " : ""}${primitive}`;
}
