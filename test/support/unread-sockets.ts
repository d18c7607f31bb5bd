/** Receivers that leave packets in their queues. */
import { join } from "node:path";
import type { Namespace } from "./netns.ts";
import type { Trial } from "./scenario.ts";

/** Starts a script that holds sockets and says so, until the end of the scenario. */
async function holdSockets(trial: Trial, where: Namespace, script: string, args: readonly string[]): Promise<void> {
  const argv = where.command("/usr/bin/python3", join(import.meta.dir, script), ...args);
  const child = Bun.spawn([...argv], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  trial.defer(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  const { value } = await child.stdout.getReader().read();
  if (value === undefined) throw new Error(`${script} did not open its sockets`);
}

/** Opens a UDP socket and a TCP listener on each port; none is read, until the end of the scenario. */
export function openUnreadSockets(trial: Trial, where: Namespace, address: string, ports: readonly number[]): Promise<void> {
  return holdSockets(trial, where, "unread-sockets.py", [address, ...ports.map(String)]);
}

/** Opens a packet socket that sees all packets of a device and is not read: clones of them stay in its queue. */
export function openUnreadPacketSocket(trial: Trial, where: Namespace, device: string): Promise<void> {
  return holdSockets(trial, where, "packet-socket.py", [device]);
}
