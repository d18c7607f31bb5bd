/** Sockets of a network namespace, from /proc/net/tcp, tcp6, udp and udp6 (Documentation/networking/proc_net_tcp.rst). */
import { ipv4Address, ipv6Address } from "../base/address.ts";
import type { HostView } from "./host-view.ts";

export interface SocketEntry {
  /** File it is in. */
  readonly file: string;
  readonly address: string;
  /** `0.0.0.0` or `::`, which an IPv6 socket usually takes for IPv4 too. */
  readonly isAny: boolean;
  readonly port: number;
  /** No peer, so it receives from everyone; of TCP: it listens. */
  readonly isOpen: boolean;
  /** Bytes that wait to be read; of a listening TCP socket: connections that wait to be accepted. */
  readonly receiveQueue: number;
  /** Datagrams dropped since it was made; UDP only. */
  readonly drops: number;
  /** Inode number, as links in /proc/PID/fd have it. */
  readonly inode: number;
}

const listening = 0x0a;
const closed = 0x07;

/** Those of a transport protocol, of both IP versions. */
export function socketsOf(view: HostView, transport: "tcp" | "udp"): readonly SocketEntry[] {
  return [transport, `${transport}6`].flatMap((name) => {
    const file = `/proc/net/${name}`;
    const lines = (view.file(file) ?? "").trim().split("\n").slice(1);
    return lines.flatMap((line) => entryOf(line, file, transport) ?? []);
  });
}

function entryOf(line: string, file: string, transport: "tcp" | "udp"): SocketEntry | undefined {
  const [, local, , state, queues, , , , , inode, , , drops] = line.trim().split(/\s+/);
  const [hex = "", port = ""] = local?.split(":") ?? [];
  if (port === "") return undefined;
  const address = addressOf(hex);
  return {
    file,
    address,
    isAny: address === "0.0.0.0" || address === "::",
    port: Number.parseInt(port, 16),
    isOpen: Number.parseInt(state ?? "", 16) === (transport === "tcp" ? listening : closed),
    receiveQueue: Number.parseInt(queues?.split(":")[1] ?? "0", 16),
    drops: transport === "udp" ? Number(drops ?? 0) : 0,
    inode: Number(inode),
  };
}

/** The kernel prints each 32-bit word in the byte order of the host. */
function addressOf(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = Uint8Array.from(words.flatMap((word) => [...Uint8Array.fromHex(word)].reverse()));
  if (bytes.length === 4) return ipv4Address(new DataView(bytes.buffer).getUint32(0));
  const groups = Array.from({ length: 8 }, (_, at) => (bytes[at * 2]! << 8) | bytes[at * 2 + 1]!);
  return ipv6Address(groups);
}
