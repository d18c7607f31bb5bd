/** Where faults are made: two namespaces with a device each, and what runs and is sent there. */
import { ethernet, ethertype, ipv4, ipv6, protocol, udp } from "../frames.ts";
import { sendDatagram } from "../namespace-sockets.ts";
import { connect, createNamespaces, type Namespace } from "../netns.ts";
import type { Trial } from "../scenario.ts";
import { sendFrame, sendUdp } from "../traffic.ts";

/** Two namespaces with a veth pair: client/c0 10.0.50.1 and server/s0 10.0.50.2. */
export interface Place {
  readonly trial: Trial;
  readonly client: Namespace;
  readonly server: Namespace;
}

export interface Fault {
  /** Id of the finding that names the true cause. */
  readonly finding: string;
  /** Of the scenario, where several have the same finding. */
  readonly name?: string;
  /** Where the drops are; by default in the server's namespace. */
  readonly at?: "client";
  /** Its limit is one of all namespaces: it is provoked after those that are in one. */
  readonly ofHost?: true;
  /** What the kernel must have; see `requirement.ts`. */
  readonly requires?: readonly string[];
  make?(place: Place): Promise<unknown>;
  provoke(place: Place): Promise<unknown>;
  /** What the finding advises. */
  mend(place: Place): Promise<unknown>;
}

export const macs = { client: "02:00:00:00:50:01", server: "02:00:00:00:50:02" } as const;
export const address = { client: "10.0.50.1", server: "10.0.50.2", clientV6: "fd50::1", serverV6: "fd50::2" } as const;
export const port = 7000;

export async function makePlace(trial: Trial): Promise<Place> {
  const [client, server] = (await createNamespaces(2)) as [Namespace, Namespace];
  await connect(
    { namespace: client, device: "c0", mac: macs.client, addresses: [`${address.client}/24`, `${address.clientV6}/64`] },
    { namespace: server, device: "s0", mac: macs.server, addresses: [`${address.server}/24`, `${address.serverV6}/64`] },
  );
  return { trial, client, server };
}

/** Receivers that a fault or its mending started, by namespace. */
const receivers = new Map<Namespace, Bun.Subprocess[]>();

export async function hold({ trial }: Place, where: Namespace, ...argv: readonly string[]): Promise<void> {
  const child = Bun.spawn([...where.command(...argv)], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  receivers.set(where, [...(receivers.get(where) ?? []), child]);
  trial.defer(() => end(where));
  const { value } = await child.stdout.getReader().read();
  if (value === undefined) throw new Error(`${argv.join(" ")} did not start`);
}

/** Ends what was started in a namespace. */
export async function end(where: Namespace): Promise<void> {
  for (const child of receivers.get(where) ?? []) {
    child.kill("SIGKILL");
    await child.exited;
  }
  receivers.delete(where);
}

export const receive = `
import socket, sys, threading
kind, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
s.bind((address, port))
if kind == "tcp": s.listen(100)
print("ready", flush=True)
while True: s.recv(65536) if kind == "udp" else s.accept()[0].close()
`;

export function listen(place: Place, where: Namespace, kind: "udp" | "tcp", at: string): Promise<void> {
  return hold(place, where, "/usr/bin/python3", "-c", receive, kind, at, String(port));
}

export async function sendMany({ client }: Place, count: number, size = 1000): Promise<void> {
  for (let sent = 0; sent < count; sent++) sendDatagram(client, address.server, port, Buffer.alloc(size, "x"));
}

/** A UDP packet from one address to another, from the client's device. */
export function frame(from: string, to: string, { ttl, mac = macs.server, badChecksum = false }: FrameOptions = {}): Buffer {
  const route = { source: from, destination: to };
  const transport = { sourcePort: 5000, destinationPort: port, payload: Buffer.from("hello") };
  if (from.includes(":")) {
    return ethernet(mac, macs.client, ethertype.ipv6, ipv6(from, to, protocol.udp, udp(route, transport)));
  }
  const datagram = udp(route, badChecksum ? { ...transport, checksum: "bad" } : transport);
  return ethernet(mac, macs.client, ethertype.ipv4, ipv4(from, to, protocol.udp, datagram, ttl === undefined ? {} : { ttl }));
}

interface FrameOptions {
  readonly ttl?: number;
  readonly mac?: string;
  readonly badChecksum?: boolean;
}

export function send(from: string, to: string, options?: FrameOptions) {
  return ({ client }: Place) => sendFrame(client, "c0", frame(from, to, options));
}

export function sysctl(where: "client" | "server", ...settings: readonly string[]) {
  return (place: Place) => place[where].run(["sysctl", "-qw", ...settings]);
}

export const sendToPort = ({ client }: Place) => sendUdp(client, address.server, port);

export function nft(where: Namespace, text: string): Promise<string> {
  return where.run(["nft", "-f", "-"], { input: text });
}

/** Where the sender itself was at fault, and is so no more. */
export const mended = new Set<Place>();
