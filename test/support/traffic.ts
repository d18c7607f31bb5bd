/** Makes packets of a known kind, only inside namespaces of our own. */
import { join } from "node:path";
import { runCommand } from "./command.ts";
import type { Namespace } from "./netns.ts";
import type { Trial } from "./scenario.ts";

// Debian's python, also where another one comes first in PATH: the guests share this file system.
const python = "/usr/bin/python3";

/** Sends one UDP datagram of `size` bytes from a socket. Does not fail when nobody listens. */
export async function sendUdp(from: Namespace, destination: string, port: number, size = 16): Promise<void> {
  const address = destination.includes(":") ? `UDP6-SENDTO:[${destination}]:${port}` : `UDP4-SENDTO:${destination}:${port}`;
  await runCommand(from.command("socat", "-u", "-b", "65000", "STDIN", address), { input: "x".repeat(size) });
}

/** Tries to open a TCP connection, which may fail. */
export async function tryTcp(from: Namespace, destination: string, port: number): Promise<void> {
  const address = destination.includes(":") ? `TCP6:[${destination}]:${port}` : `TCP4:${destination}:${port}`;
  await runCommand(from.command("socat", "-T1", "STDIN", `${address},connect-timeout=1`));
}

/** Sends a hand-made frame `count` times through a packet socket, as fast as one process can. */
export async function sendFrame(from: Namespace, device: string, frame: Buffer, count = 1): Promise<void> {
  await from.run([python, join(import.meta.dir, "send-frames.py"), device, String(count), frame.toString("hex")], { timeoutMs: 120_000 });
}

/** Sends several hand-made frames, one after the other. */
export async function sendFrames(from: Namespace, device: string, frames: readonly Buffer[]): Promise<void> {
  await from.run([python, join(import.meta.dir, "send-frames.py"), device, "1", ...frames.map((frame) => frame.toString("hex"))]);
}

/** Opens a UDP socket whose filter rejects every packet, until the end of the scenario. */
export async function openFilteredReceiver(trial: Trial, where: Namespace, address: string, port: number): Promise<void> {
  const argv = where.command(python, join(import.meta.dir, "filtered-receiver.py"), address, String(port));
  const child = Bun.spawn([...argv], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  trial.defer(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  const { value } = await child.stdout.getReader().read();
  if (value === undefined) throw new Error("the filtered receiver did not start");
}

/** Fills the neighbour tables by one ping each way, so that later traffic needs no ARP or neighbour discovery. */
export async function resolveNeighbours(from: Namespace, ...addresses: readonly string[]): Promise<void> {
  for (const address of addresses) await from.run(["ping", "-c", "1", "-W", "2", address]);
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
    if ((await where.run(["ss", "-Hltn", `sport = :${port}`])) !== "") return;
    await Bun.sleep(10);
  }
  throw new Error(`nothing listens on port ${port}`);
}

/** Sends `size` bytes over a new TCP connection; throws when it cannot be made. */
export async function sendTcp(from: Namespace, destination: string, port: number, size: number): Promise<void> {
  await from.run(["socat", "-u", "STDIN", `TCP:${destination}:${port}`], { input: "x".repeat(size) });
}

/** A device for IP packets without a link-layer header, up until the end of the scenario; what is sent to it is discarded. */
export async function openTun(trial: Trial, where: Namespace, device: string, address: string): Promise<void> {
  const tun = `TUN:${address},tun-name=${device},tun-type=tun,iff-no-pi,iff-up`;
  const child = Bun.spawn([...where.command("socat", "-u", tun, "OPEN:/dev/null,wronly")], { stdin: "ignore", stderr: "inherit" });
  trial.defer(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  for (let attempt = 0; attempt < 200; attempt++) {
    if ((await where.run(["ip", "-oneline", "address", "show", "to", address])) !== "") return;
    await Bun.sleep(10);
  }
  throw new Error(`${device} did not come up`);
}
