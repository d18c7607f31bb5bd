/** Receivers that leave packets in their queues. */
import { join } from "node:path";
import type { Namespace } from "./netns.ts";
import type { Trial } from "./scenario.ts";

/** Opens a UDP socket and a TCP listener on each port; none is read, until the end of the scenario. */
export async function openUnreadSockets(trial: Trial, where: Namespace, address: string, ports: readonly number[]): Promise<void> {
  const script = join(import.meta.dir, "unread-sockets.py");
  const argv = where.command("/usr/bin/python3", script, address, ...ports.map(String));
  const child = Bun.spawn([...argv], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  trial.defer(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  const { value } = await child.stdout.getReader().read();
  if (value === undefined) throw new Error("the unread sockets were not opened");
}
