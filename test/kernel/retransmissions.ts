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

/** What is recorded side by side: a filter, and which of the two connections it lets through. */
const cases: readonly { readonly filter: readonly string[]; readonly ipv4: boolean; readonly ipv6: boolean }[] = [
  { filter: [], ipv4: true, ipv6: true },
  { filter: ["-f", `tcp dst port ${port}`], ipv4: true, ipv6: true },
  { filter: ["-f", `dst host ${server4} and outbound`], ipv4: true, ipv6: false },
  { filter: ["-f", `ip6 host ${server6} and tcp`], ipv4: false, ipv6: true },
  { filter: ["-f", `udp or tcp src port ${port}`], ipv4: false, ipv6: false },
];

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
  { requires: ["root", "tracepoint:tcp:tcp_retransmit_skb"], timeoutMs: 30_000 },
  async (trial) => {
    const topology = await trial.topology(twoNamespaces());
    const send = await openBoth(trial, topology);
    const recordings = await recordSideBySide(
      trial,
      cases.map(({ filter }) => [...atRetransmission, ...filter]),
      () => retransmit(topology.client, topology.server, send),
    );
    const [all = 0, tcp = 0, ipv4 = 0, ipv6 = 0, none = 0] = recordings.map(({ events }) => events.length);
    // The recordings end one after the other, the first one last, and the kernel goes on meanwhile.
    ok(all >= 6, `${all} events without a filter`);
    ok(tcp >= 6 && tcp <= all, `${tcp} of ${all} events`);
    ok(ipv4 >= 2 && ipv6 >= 2 && ipv6 + 2 <= tcp, `${ipv4} and ${ipv6} of ${tcp} events are those of the two connections`);
    equal(none, 0);
    for (const { skb, packet } of recordings.flatMap(({ events }) => events)) {
      equal(packet, undefined);
      equal(skb?.meta?.len, 10);
    }
    // The device shares its place with links of the queue.
    for (const { events } of recordings) for (const event of events) equal(event.dev, undefined);
  },
);

export const scenarios = [retransmissions];
