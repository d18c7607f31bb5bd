/** The shipped profiles on real traffic: none fails where a function is missing, and each shows what it is for. */
import { equal, ok } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { kernelEvents, readEvents, type RecordedEvent } from "../support/event-file.ts";
import { retis } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { twoNamespaces, type Topology } from "../support/topology.ts";
import { listenTcp } from "../support/traffic.ts";

const server4 = "10.0.42.2";
const openPort = 7901;
const closedPort = 7902;
/** Functions that every kernel of the lab has, on the way of a TCP connection over IPv4. */
const tcpFunctions = ["tcp_v4_rcv", "ip_output", "ip_rcv"];

/** Collects with a profile while a shell command runs in the client's namespace. */
async function collectWith(
  trial: Trial,
  profile: string,
  args: readonly string[],
  { client }: Topology,
  command: string,
): Promise<readonly RecordedEvent[]> {
  const file = join(trial.directory, "events.json");
  const traffic = `${client.command("sh", "-c").join(" ")} '${command}; sleep 0.5'`;
  const { status, stderr } = await retis(["-p", profile, "collect", ...args, "-o", file, "--cmd", traffic], {
    timeoutMs: 30_000 * trial.slowdown,
  });
  equal(status, 0, stderr);
  ok(stderr.includes(`Applying profile ${profile}\n`), stderr);
  return kernelEvents(readEvents(file));
}

function connectTo(port: number): string {
  return `echo hello | socat -u STDIN TCP4:${server4}:${port},connect-timeout=2`;
}

async function genericShowsConnection(trial: Trial): Promise<void> {
  const topology = await trial.topology(twoNamespaces());
  await listenTcp(trial, topology.server, openPort);
  const events = await collectWith(trial, "generic", ["-f", `tcp port ${openPort}`], topology, connectTo(openPort));
  const symbols = new Set(events.map(({ kernel }) => kernel?.symbol));
  for (const symbol of ["net:net_dev_start_xmit", "net:netif_receive_skb"])
    ok(symbols.has(symbol), `${symbol} is not among ${[...symbols]}`);
  if (!existsSync("/sys/bus/event_source/devices/kprobe")) return;
  for (const symbol of tcpFunctions) ok(symbols.has(symbol), `${symbol} is not among ${[...symbols]}`);
}

async function dropsOfTcpOnly(trial: Trial): Promise<void> {
  const topology = await trial.topology(twoNamespaces());
  const udp = `echo hello | socat -u STDIN UDP4-SENDTO:${server4}:${closedPort}`;
  const events = await collectWith(trial, "drops-tcp", [], topology, `${udp}; ${connectTo(closedPort)}`);
  const ours = events.filter(({ parsed_packet: packet }) => packet?.ports?.destination === closedPort);
  ok(
    ours.some(({ "skb-drop": drop, kernel }) => drop !== undefined && kernel !== undefined && "stack_trace" in kernel),
    "no drop with a stack",
  );
  equal(
    ours.find(({ parsed_packet: packet }) => packet?.ip?.protocol !== 6),
    undefined,
  );
}

export const scenarios = [
  scenario(
    "profile generic: the life of a TCP connection, at tracepoints and functions",
    { where: "oldest and newest", requires: ["root"] },
    genericShowsConnection,
  ),
  scenario(
    "profile drops-tcp: drops of TCP with their stack, none of UDP",
    { requires: ["root", "tracepoint:skb:kfree_skb"], where: "once" },
    dropsOfTcpOnly,
  ),
];
