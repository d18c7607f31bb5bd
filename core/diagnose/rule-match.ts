/** Whether a rule of nftables or iptables can have dropped a packet: by what it says in plain words; all else is taken as a match. */
import type { PacketFacts } from "./packet-facts.ts";

/** The packet, and where it was dropped. */
export interface RuledPacket {
  readonly packet: PacketFacts | undefined;
  readonly device: string | undefined;
  /** Whether its destination is an address of this host, a group or a broadcast; undefined when it has no IP header. */
  readonly isForUs: boolean | undefined;
}

/** Numbers (IANA) of what rules name. */
const protocols: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, "ipv6-icmp": 58, sctp: 132 };

/**
 * Whether nothing in the rule speaks against it.
 * @param hook of the chain, if it is known: `input`, `forward`, ...
 */
export function canMatch(rule: string, hook: string | undefined, ruled: RuledPacket): boolean {
  return isOnPath(hook, ruled) && hasDevice(rule, hook, ruled) && hasPacket(rule, ruled.packet);
}

function isOnPath(hook: string | undefined, { isForUs }: RuledPacket): boolean {
  if (isForUs === undefined) return true;
  if (hook === "forward") return !isForUs;
  return hook === "input" ? isForUs : true;
}

/** On its way in, a packet has the device that it came from. */
function hasDevice(rule: string, hook: string | undefined, { device }: RuledPacket): boolean {
  if (device === undefined || (hook !== "input" && hook !== "forward" && hook !== "prerouting")) return true;
  const name = /\biif(?:name)? "([^"*]+)"/.exec(rule)?.[1] ?? /(?<!! )-i ([^\s+]+)(?=\s|$)/.exec(rule)?.[1];
  return name === undefined || name === device;
}

function hasPacket(rule: string, packet: PacketFacts | undefined): boolean {
  if (packet === undefined) return true;
  return hasProtocol(rule, packet) && hasPort(rule, packet) && hasAddresses(rule, packet);
}

function hasProtocol(rule: string, { protocol }: PacketFacts): boolean {
  if (protocol === undefined) return true;
  const name =
    /\b(tcp|udp|sctp) [ds]port\b/.exec(rule)?.[1] ??
    /\b(icmp|icmpv6) (?:type|code)\b/.exec(rule)?.[1] ??
    /\b(?:meta l4proto|ip protocol|ip6 nexthdr) ([a-z][\w-]*)/.exec(rule)?.[1] ??
    /(?<!! )-p ([a-z][\w-]*)/.exec(rule)?.[1];
  const number = name === undefined ? undefined : protocols[name];
  return number === undefined || number === protocol;
}

function hasPort(rule: string, { destinationPort }: PacketFacts): boolean {
  if (destinationPort === undefined) return true;
  const list =
    /\bdport (\d[\d-]*)(?=\s|$)/.exec(rule)?.[1] ??
    /\bdport \{ ([\d, -]+) \}/.exec(rule)?.[1] ??
    /(?<!! )--dports? (\d[\d,:]*)(?=\s|$)/.exec(rule)?.[1];
  if (list === undefined) return true;
  return list.split(",").some((range) => {
    const [first = "", last = first] = range.trim().split(/[-:]/);
    return Number(first) <= destinationPort && destinationPort <= Number(last);
  });
}

function hasAddresses(rule: string, { version, source, destination }: PacketFacts): boolean {
  const family = /\b(ip6?) [sd]addr\b/.exec(rule)?.[1];
  if (family !== undefined && (family === "ip6") !== (version === 6)) return false;
  if (version === 6) return true;
  const isIn = (address: string, direction: "s" | "d") => {
    const network =
      new RegExp(`\\bip ${direction}addr (\\d[\\d./]*)(?=\\s|$)`).exec(rule)?.[1] ??
      new RegExp(`(?<!! )-${direction} (\\d[\\d./]*)`).exec(rule)?.[1];
    return network === undefined || isInNetwork(address, network);
  };
  return isIn(source, "s") && isIn(destination, "d");
}

/** IPv4; the network is `10.0.0.0/8` or an address. */
function isInNetwork(address: string, network: string): boolean {
  const [base = "", length = "32"] = network.split("/");
  const mask = length === "0" ? 0 : -1 << (32 - Number(length));
  return (numberOf(address) & mask) === (numberOf(base) & mask);
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, byte) => (sum << 8) | Number(byte), 0);
}
