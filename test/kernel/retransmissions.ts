/** Packets in the queues of TCP have no headers and no device yet: they are packets all the same, and filters know their socket. */
import { equal, match, ok } from "node:assert/strict";
import type { Namespace } from "../support/netns.ts";
import { recordSideBySide } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { type Topology, twoNamespaces } from "../support/topology.ts";
import { kernelCounter, resolveNeighbours } from "../support/traffic.ts";

const port = 7805;
const server4 = "10.0.42.2";
const server6 = "1111::2";
const atRetransmission = ["-c", "skb,dev", "-p", "tp:tcp:tcp_retransmit_skb"];

/** What is recorded side by side: a filter, and how many of the two connections it lets through. */
const cases: readonly { readonly filter: readonly string[]; readonly connections: 0 | 1 | 2 }[] = [
  { filter: [], connections: 2 },
  { filter: ["-f", `ip6 host ${server6} and tcp dst port ${port} and outbound`], connections: 1 },
  { filter: ["-f", `dst host ${server4} and tcp`], connections: 1 },
  { filter: ["-f", `tcp dst port ${port}`], connections: 2 },
  { filter: ["-f", `udp or tcp src port ${port} or inbound`], connections: 0 },
];
const guestCases = 2;

/** A connection that sends ten bytes when it is told to, and is then kept open for a while. */
async function connect(trial: Trial, from: Namespace, address: string) {
  const script = `exec 3<>/dev/tcp/${address}/${port} && echo connected && read -r _ && printf 0123456789 >&3 && sleep 60`;
  const child = Bun.spawn([...from.command("bash", "-c", script)], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  trial.defer(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  const { value } = await child.stdout.getReader().read();
  match(new TextDecoder().decode(value), /connected/);
  return () => {
    child.stdin.write("go\n");
    child.stdin.flush();
  };
}

async function listen(trial: Trial, where: Namespace): Promise<void> {
  const child = Bun.spawn([...where.command("socat", "-u", `TCP6-LISTEN:${port},reuseaddr,fork,ipv6only=0`, "OPEN:/dev/null,wronly")], {
    stdin: "ignore",
    stderr: "inherit",
  });
  trial.defer(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  while (!(await where.run(["ss", "-Hltn"])).includes(`:${port}`)) await Bun.sleep(20);
}

/** Sends on both connections after the server lost its addresses, and waits for some retransmissions of each. */
async function retransmit(client: Namespace, server: Namespace, send: readonly (() => void)[]): Promise<void> {
  await server.run(["ip", "address", "flush", "scope", "global"]);
  const before = await kernelCounter(client, "TcpRetransSegs");
  for (const each of send) each();
  while ((await kernelCounter(client, "TcpRetransSegs")) < before + 6) await Bun.sleep(100);
}

async function openBoth(trial: Trial, { client, server }: Topology) {
  await resolveNeighbours(client, server4, server6);
  await listen(trial, server);
  return Promise.all([server4, server6].map((address) => connect(trial, client, address)));
}

const retransmissions = scenario(
  "retransmissions of TCP are events without a filter, and filters compare the addresses of their socket",
  { where: "oldest and newest", requires: ["root", "tracepoint:tcp:tcp_retransmit_skb"], timeoutMs: 30_000 },
  async (trial) => {
    const topology = await trial.topology(twoNamespaces());
    const send = await openBoth(trial, topology);
    // The first ones will do in a slow guest.
    const chosen = trial.slowdown > 1 ? cases.slice(0, guestCases) : cases;
    const recordings = await recordSideBySide(
      trial,
      chosen.map(({ filter }) => [...atRetransmission, ...filter]),
      () => retransmit(topology.client, topology.server, send),
    );
    for (const [index, { filter, connections }] of chosen.entries()) {
      const count = recordings[index]?.events.length ?? 0;
      ok(connections === 0 ? count === 0 : count >= 3 * connections - 1, `${count} events with ${filter.join(" ") || "no filter"}`);
    }
    // The recordings end one after the other, the first one last, and the kernel goes on meanwhile.
    const [all = 0, ofOne = 0] = recordings.map(({ events }) => events.length);
    ok(ofOne + 2 <= all, `${ofOne} of ${all} events are those of one of two connections`);
    for (const { skb, packet } of recordings.flatMap(({ events }) => events)) {
      equal(packet, undefined);
      equal(skb?.meta?.len, 10);
    }
    // The device shares its place with links of the queue.
    for (const { events } of recordings) for (const event of events) equal(event.dev, undefined);
  },
);

export const scenarios = [retransmissions];
