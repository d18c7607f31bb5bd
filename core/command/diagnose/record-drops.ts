/** A recording of drops for a while, by a process of its own. */
import { cleanEnvironment } from "../../base/child-environment.ts";
import { recordingFailed } from "../../base/errors.ts";
import { ownCommand } from "../../base/own-command.ts";

/** What is recorded. */
export interface Recording {
  /** File that is written. */
  readonly path: string;
  readonly seconds: number;
  /** Packet filter; empty for all packets. */
  readonly filter: string;
  /** The rules of nftables that decide are recorded too, which needs changes to the host. */
  readonly systemChanges: boolean;
}

/**
 * Records drops to a file. Ctrl-C ends the recording early and is no error.
 * @throws TraceError `RECORDING` when nothing could be recorded; the reason was printed by the process that tried
 */
export async function recordDrops({ path, seconds, filter, systemChanges }: Recording): Promise<void> {
  const collectors = ["skb", "skb-drop", "dev", "ns", ...(systemChanges ? ["nft"] : [])];
  const argv = [
    ...ownCommand(),
    "collect",
    ...["-c", collectors.join(","), "-o", path, "--cmd", `exec sleep ${seconds}`],
    ...(filter === "" ? [] : ["-f", filter]),
    ...(systemChanges ? ["--allow-system-changes"] : []),
  ];
  // The terminal sends Ctrl-C to both; the recording ends in order, and what it has is examined.
  process.on("SIGINT", ignore);
  try {
    const child = Bun.spawn(argv, { stdin: "ignore", stdout: "ignore", stderr: "inherit", env: cleanEnvironment });
    const status = await child.exited;
    if (status !== 0) throw recordingFailed(status);
  } finally {
    process.off("SIGINT", ignore);
  }
}

function ignore(): void {}
