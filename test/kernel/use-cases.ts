/**
 * The use cases of the product page, from the command that a person types to the text that answers the question:
 * connection failures, firewalls, an application that does not respond, drops that cost performance.
 */
import { equal, match, ok } from "node:assert/strict";
import type { Outcome } from "../support/command.ts";
import type { Namespace } from "../support/netns.ts";
import { canProbeFunctions } from "../support/requirement.ts";
import { retis } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { type Topology, twoNamespaces } from "../support/topology.ts";
import { resolveNeighbours } from "../support/traffic.ts";

const requires = ["root", "tracepoint:skb:kfree_skb"];
const server = "10.0.42.2";
const firewall = `table inet filter {
  chain input { type filter hook input priority 0; icmp type echo-request drop; ct state invalid drop; }
}`;

/** Types a command line in the scenario's folder, which must succeed. */
async function type(trial: Trial, args: readonly string[]): Promise<Outcome> {
  const outcome = await retis(args, { cwd: trial.folder, timeoutMs: 20_000 * trial.slowdown });
  equal(outcome.status, 0, outcome.stderr);
  return outcome;
}

/** The value of `--cmd` that runs this in a namespace. */
function inside(namespace: Namespace, command: string): string {
  return `${namespace.command().join(" ")} ${command}`;
}

const onePing = `ping -c 1 -W 1 ${server}`;
const connectTo = (port: number) => `socat -u /dev/null TCP4:${server}:${port},connect-timeout=2`;

/** Blocks of text, one for each event or series. */
function blocks(text: string): readonly string[] {
  return text.split("\n\n").map((block) => block.replace(/\n$/, ""));
}

function blockWith(text: string, pattern: RegExp): string {
  const found = blocks(text).find((block) => pattern.test(block));
  ok(found !== undefined, `nothing like ${pattern} in:\n${text}`);
  return found;
}

async function behindFirewall(trial: Trial): Promise<Topology> {
  const topology = await trial.topology(twoNamespaces());
  await resolveNeighbours(topology.client, server);
  await topology.server.run(["nft", "-f", "-"], { input: firewall });
  return topology;
}

/** One step of a journey as `retis sort` prints it: the identity, which is the group `id` of the first, and its number. */
function step(probe: string, index: number): string {
  const id = index === 0 ? "(?<id>[0-9a-f]{18,32})" : "\\k<id>";
  return `(  ↳ )?\\d+ \\(\\d+\\) \\[[^\\]]+\\] \\d+(/\\d+)? \\[\\w+\\] ${probe} #${id} \\(skb [0-9a-f]+\\) n ${index}`;
}

const pingLine = " +(if \\d+ \\(\\w+\\) (rxif \\d+ )?)?10\\.0\\.42\\.1 > 10\\.0\\.42\\.2 tos 0x0 ttl 64 id \\d+ off 0 \\[DF\\] len 84 proto ICMP \\(1\\) type 8 code 0";

const droppedPing = scenario("the journey of a ping that the firewall drops, as on the product page", { requires: [...requires, "nftables", "conntrack"] }, async (trial) => {
  const { client } = await behindFirewall(trial);
  await type(trial, ["collect", "-c", "skb,skb-tracking,skb-drop", "-o", "events.json", "--cmd", inside(client, onePing)]);
  const { stdout } = await type(trial, ["sort", "events.json"]);
  const functions = (await canProbeFunctions()) ? ["ip_rcv"] : [];
  const steps = ["net:net_dev_start_xmit", "net:netif_receive_skb", ...functions, "skb:kfree_skb"];
  const lines = [...steps.flatMap((probe, index) => [step(probe, index), pingLine]), " +drop \\(reason \\w+\\)"];
  match(blockWith(stdout, /skb:kfree_skb[^]* type 8 code 0/), new RegExp(`^${lines.join("\n")}$`));
});

const ruleOfDrop = scenario("the journey of a dropped ping tells the text of the rule", { requires: [...requires, "nftables", "conntrack", "nft-trace", "kprobes"] }, async (trial) => {
  const { client } = await behindFirewall(trial);
  const probes = ["-p", "net:netif_receive_skb", "-p", "ip_rcv"];
  await type(trial, ["collect", "-c", "skb,skb-tracking,skb-drop,nft", "--allow-system-changes", "-f", "icmp", ...probes, "-o", "events.json", "--cmd", inside(client, onePing)]);
  const { stdout } = await type(trial, ["sort", "events.json"]);
  const journey = blockWith(stdout, /n 0\n/);
  const lines = [step("net:netif_receive_skb", 0), pingLine, step("ip_rcv", 1), pingLine, step("__nft_trace_packet", 2), pingLine];
  match(journey, new RegExp(`^${lines.join("\n")}\n`));
  match(journey, /\n +table filter \(\d+\) chain input \(\d+\) handle \d+ drop .*rule "icmp type echo-request drop"\n/);
  match(journey, new RegExp(`${step("skb:kfree_skb", 0).replace(/#.*/, "")}[^]*drop \\(reason \\w+\\)$`));
  const { stdout: dropsOnly } = await type(trial, ["sort", "--drop", "--format", "single-line", "events.json"]);
  equal(dropsOnly.split("\n").filter((line) => / n 0 /.test(line)).length, 1, dropsOnly);
});

const connectionFailure = scenario("debugging a connection failure: the SYN has no socket, conntrack calls it new", { requires: [...requires, "nftables", "conntrack"] }, async (trial) => {
  const { client } = await behindFirewall(trial);
  const { stdout } = await type(trial, ["collect", "-c", "skb,skb-drop,ct", "-f", `tcp and host ${server}`, "--cmd", inside(client, connectTo(8601))]);
  const drop = blockWith(stdout, /10\.0\.42\.1\.\d+ > 10\.0\.42\.2\.8601 .* flags \[S\]/);
  match(drop, /^ +drop \(reason (NO_SOCKET|NOT_SPECIFIED)\)$/m);
  match(drop, /^ +ct_state NEW .*tcp .*orig \[10\.0\.42\.1\.\d+ > 10\.0\.42\.2\.8601\] reply \[10\.0\.42\.2\.8601 > 10\.0\.42\.1\.\d+\]/m);
});

const firewallTrouble = scenario("troubleshooting a firewall: the rule is named where the packet is dropped", { requires: [...requires, "nftables", "conntrack", "nft-trace", "kprobes"] }, async (trial) => {
  const { client } = await behindFirewall(trial);
  const { stdout } = await type(trial, ["collect", "-c", "skb,skb-drop,nft", "--allow-system-changes", "-f", "host 10.0.42.1", "--cmd", inside(client, onePing)]);
  match(blockWith(stdout, /__nft_trace_packet/), /rule "icmp type echo-request drop"$/);
  match(blockWith(stdout, /skb:kfree_skb/), /type 8 code 0\n +drop \(reason (NETFILTER_DROP|NOT_SPECIFIED)\)$/);
});

const notResponding = scenario("an application that does not respond: its packets arrive and are dropped", { requires }, async (trial) => {
  const { client } = await trial.topology(twoNamespaces());
  await resolveNeighbours(client, server);
  const { stdout } = await type(trial, ["collect", "-c", "skb,skb-drop", "-f", "tcp port 8080", "--cmd", inside(client, connectTo(8080))]);
  const drop = blockWith(stdout, /skb:kfree_skb/);
  match(drop, /\n +10\.0\.42\.1\.\d+ > 10\.0\.42\.2\.8080 .* proto TCP \(6\) flags \[S\] .*\n +drop \(reason (NO_SOCKET|NOT_SPECIFIED)\)$/);
});

const performance = scenario("performance issues: drops by reason and flow, and the way of each dropped packet", { requires }, async (trial) => {
  const { client } = await trial.topology(twoNamespaces());
  await resolveNeighbours(client, server);
  const datagrams = `sh -c 'for i in 1 2 3 4 5; do echo x | socat -u STDIN UDP4-SENDTO:${server}:8602,sourceport=8603; done'`;
  await type(trial, ["collect", "-c", "skb,skb-drop,skb-tracking", "-o", "drops.json", "--cmd", inside(client, datagrams)]);
  const { stdout: sorted } = await type(trial, ["sort", "drops.json", "--drop"]);
  const journeys = blocks(sorted).filter((block) => /10\.0\.42\.1\.8603 > 10\.0\.42\.2\.8602/.test(block));
  equal(journeys.length, 5, sorted);
  for (const journey of journeys) match(journey, /n 0\n[^]* n 1\n[^]*skb:kfree_skb .* n [23]\n[^]*drop \(reason \w+\)$/);
  const { stdout: statistics } = await type(trial, ["stats", "drops.json"]);
  match(statistics, /^Drops by flow:\n(  .*\n)*?  10\.0\.42\.1\.8603 > 10\.0\.42\.2\.8602 UDP \(17\): 5$/m);
});

export const scenarios = [droppedPing, ruleOfDrop, connectionFailure, firewallTrouble, notResponding, performance];
