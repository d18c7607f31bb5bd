/** Makes packets of a known kind, only inside namespaces of our own. */
import { join } from "node:path";
import type { Namespace } from "./netns.ts";
import type { Trial } from "./scenario.ts";

export * from "../../core/scenarios/traffic.ts";

// Debian's python, also where another one comes first in PATH: the guests share this file system.
const python = "/usr/bin/python3";

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
