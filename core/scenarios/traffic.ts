/** Makes packets of a known kind, only inside namespaces of our own. */
import { readFileSync } from "node:fs";
import { connectOnce, ping, sendDatagram, sendRawFrames } from "./namespace-sockets.ts";
import type { Namespace } from "./netns.ts";
import type { Trial } from "./trial.ts";

/** Sends one UDP datagram of `size` bytes from a socket. Does not fail when nobody listens. */
export async function sendUdp(from: Namespace, destination: string, port: number, size = 16): Promise<void> {
  sendDatagram(from, destination, port, Buffer.alloc(size, "x"));
}

/** Tries for up to a second to open a TCP connection, which may fail. */
export async function tryTcp(from: Namespace, destination: string, port: number): Promise<void> {
  connectOnce(from, destination, port);
}

/** Sends a hand-made frame `count` times through a packet socket, as fast as one process can. */
export async function sendFrame(from: Namespace, device: string, frame: Buffer, count = 1): Promise<void> {
  sendRawFrames(from, device, [frame], count);
}

/** Sends several hand-made frames, one after the other. */
export async function sendFrames(from: Namespace, device: string, frames: readonly Buffer[]): Promise<void> {
  sendRawFrames(from, device, frames, 1);
}

/** Fills the neighbour tables by one ping each way, so that later traffic needs no ARP or neighbour discovery. */
export async function resolveNeighbours(from: Namespace, ...addresses: readonly string[]): Promise<void> {
  for (const address of addresses) ping(from, address);
}

/** One of the kernel's own counters in a namespace, such as `UdpNoPorts`; independent of what is traced. */
export async function kernelCounter(where: Namespace, name: string): Promise<number> {
  const output = await where.run(["nstat", "-asz", name]);
  const value = new RegExp(`^${name}\\s+(\\d+)`, "m").exec(output)?.[1];
  if (value === undefined) throw new Error(`the kernel has no counter ${name}`);
  return Number(value);
}

/** Accepts TCP connections on a port and discards what comes, until the end of the scenario. */
export async function listenTcp(trial: Trial, where: Namespace, port: number): Promise<void> {
  const child = Bun.spawn([...where.command("socat", "-u", `TCP-LISTEN:${port},reuseaddr,fork`, "OPEN:/dev/null,wronly")], {
    stdin: "ignore",
    stderr: "inherit",
  });
  trial.defer(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  for (let attempt = 0; attempt < 200; attempt++) {
    if (listensOn(child.pid, port)) return;
    await Bun.sleep(10);
  }
  throw new Error(`nothing listens on port ${port}`);
}

/** Whether a socket in the process's namespace listens on the TCP port (Documentation/networking/proc_net_tcp.rst). */
function listensOn(pid: number, port: number): boolean {
  const listening = new RegExp(`^ *\\d+: [0-9A-F]+:${port.toString(16).toUpperCase().padStart(4, "0")} [0-9A-F:]+ 0A `, "m");
  return ["tcp", "tcp6"].some((table) => listening.test(readFileSync(`/proc/${pid}/net/${table}`, "utf8")));
}

/** Sends `size` bytes over a new TCP connection; throws when it cannot be made. */
export async function sendTcp(from: Namespace, destination: string, port: number, size: number): Promise<void> {
  await from.run(["socat", "-u", "STDIN", `TCP:${destination}:${port}`], { input: "x".repeat(size) });
}
