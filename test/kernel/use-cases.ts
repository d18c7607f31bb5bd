/**
 * The use cases of the product page, from the command that a user types to the text that answers the question:
 * connection failures, firewalls, an application that does not respond, drops that cost performance. What they type is
 * typed in one go, as an emulated guest needs long to make the namespaces; each scenario then looks at its answers.
 */
import { equal, match, ok } from "node:assert/strict";
import type { Outcome } from "../support/command.ts";
import type { Namespace } from "../support/netns.ts";
import { canProbeFunctions, type Requirement, unmet } from "../support/requirement.ts";
import { retis } from "../support/retis.ts";
import { belongsHere, type Scenario, scenario, type Trial } from "../support/scenario.ts";
import { twoNamespaces } from "../support/topology.ts";
import { resolveNeighbours } from "../support/traffic.ts";

const server = "10.0.42.2";
/** The second rule makes the kernel track connections. */
const firewall = `table inet filter {
  chain input { type filter hook input priority 0; icmp type echo-request drop; ct state invalid drop; }
}`;

interface UseCase {
  readonly name: string;
  readonly requires?: readonly Requirement[];
  /** `once`: no part of it is the kernel's that other scenarios do not try in every guest. */
  readonly where?: Scenario["where"];
  /** Command lines, one after the other. */
  readonly lines: (client: Namespace) => readonly (readonly string[])[];
  /** Holds what they printed to what a user must be able to read there. */
  readonly check: (...printed: readonly string[]) => void | Promise<void>;
}

/** The option `--cmd` that runs this in a namespace. */
function whileRunning(namespace: Namespace, command: string): readonly string[] {
  return ["--cmd", `${namespace.command().join(" ")} ${command}`];
}

const onePing = `ping -c 1 -W 1 ${server}`;
const connectTo = (port: number) => `socat -u /dev/null TCP4:${server}:${port},connect-timeout=2`;
const fiveDatagrams = `sh -c 'for i in 1 2 3 4 5; do echo x | socat -u STDIN UDP4-SENDTO:${server}:8602,sourceport=8603; done'`;

/** The one block of text, of an event or of a path, that is like this. */
function blockWith(text: string, pattern: RegExp): string {
  const found = blocksWith(text, pattern);
  equal(found.length, 1, `${found.length} blocks like ${pattern} in:\n${text}`);
  return found[0]!;
}

function blocksWith(text: string, pattern: RegExp): readonly string[] {
  return text
    .trimEnd()
    .split("\n\n")
    .filter((block) => pattern.test(block));
}

/** One step of a path as `retis sort` prints it: the identity, which is the group `id` of the first, and its number. */
function step(probe: string, index: number): string {
  const id = index === 0 ? "(?<id>[0-9a-f]{18,32})" : "\\k<id>";
  return `(  ↳ )?\\d+ \\(\\d+\\) \\[[^\\]]+\\] \\d+(/\\d+)? \\[\\w+\\] ${probe} #${id} \\(skb [0-9a-f]+\\) n ${index}`;
}

const pingLine =
  " +if \\d+ \\(\\w+\\) (rxif \\d+ )?10\\.0\\.42\\.1 > 10\\.0\\.42\\.2 tos 0x0 ttl 64 id \\d+ off 0 \\[DF\\] len 84 proto ICMP \\(1\\) type 8 code 0";
const echoRequest = /10\.0\.42\.1 > 10\.0\.42\.2 .* type 8 code 0/;
const ofRule = /^ +table filter \(\d+\) chain input \(\d+\) handle \d+ drop .*rule "icmp type echo-request drop"$/m;

const droppedPing: UseCase = {
  name: "the path of a ping that the firewall drops, as on the product page",
  lines: (client) => [
    ["collect", "-c", "skb,skb-tracking,skb-drop", "-o", "events.json", ...whileRunning(client, onePing)],
    ["sort", "events.json"],
  ],
  async check(_, sorted) {
    const functions = (await canProbeFunctions()) ? ["ip_rcv"] : [];
    const steps = ["net:net_dev_start_xmit", "net:netif_receive_skb", ...functions, "skb:kfree_skb"];
    const lines = [
      ...steps.flatMap((probe, index) => [step(probe, index), pingLine]),
      " +drop \\(reason (NETFILTER_DROP|NOT_SPECIFIED)\\) at .+",
    ];
    match(blockWith(sorted!, echoRequest), new RegExp(`^${lines.join("\n")}$`));
  },
};

const ruleOfDrop: UseCase = {
  name: "the path of a dropped ping shows the text of the rule",
  requires: ["kprobes", "nft-trace"],
  lines: (client) => [
    [
      "collect",
      "-c",
      "skb,skb-tracking,skb-drop,nft",
      "--allow-system-changes",
      "-f",
      "icmp",
      "-o",
      "rule.json",
      ...whileRunning(client, onePing),
    ],
    ["sort", "--drop", "rule.json"],
  ],
  check(_, sorted) {
    const path = blockWith(sorted!, echoRequest);
    const steps = ["net:net_dev_start_xmit", "net:netif_receive_skb", "ip_rcv", "__nft_trace_packet"];
    match(path, new RegExp(`^${steps.flatMap((probe, index) => [step(probe, index), pingLine]).join("\n")}\n`));
    match(path, ofRule);
    match(path, / skb:kfree_skb #\w+ \(skb \w+\) n 4\n.*\n +drop \(reason \w+\) at .+$/);
  },
};

const connectionFailure: UseCase = {
  name: "debugging a connection failure: the SYN has no socket, conntrack calls it new",
  requires: ["conntrack"],
  where: "oldest and newest",
  lines: (client) => [["collect", "-c", "skb,skb-drop,ct", "-f", `tcp and host ${server}`, ...whileRunning(client, connectTo(8601))]],
  check(printed) {
    const drop = blockWith(printed!, /10\.0\.42\.1\.\d+ > 10\.0\.42\.2\.8601 .* flags \[S\]/);
    match(drop, /^ +drop \(reason (NO_SOCKET|NOT_SPECIFIED)\) at .+$/m);
    match(
      drop,
      /^ +ct_state NEW .*tcp .*orig \[10\.0\.42\.1\.\d+ > 10\.0\.42\.2\.8601\] reply \[10\.0\.42\.2\.8601 > 10\.0\.42\.1\.\d+\]/m,
    );
  },
};

const firewallTrouble: UseCase = {
  name: "troubleshooting a firewall: the rule is named where the packet is dropped",
  where: "oldest and newest",
  requires: ["kprobes", "nft-trace"],
  lines: (client) => [
    ["collect", "-c", "skb,skb-drop,nft", "--allow-system-changes", "-f", "host 10.0.42.1", ...whileRunning(client, onePing)],
  ],
  check(printed) {
    match(blockWith(printed!, /__nft_trace_packet/), ofRule);
    match(blockWith(printed!, /skb:kfree_skb/), /type 8 code 0\n +drop \(reason (NETFILTER_DROP|NOT_SPECIFIED)\) at .+$/);
  },
};

const notResponding: UseCase = {
  name: "an application that does not respond: its packets arrive and are dropped",
  where: "once",
  lines: (client) => [["collect", "-c", "skb,skb-drop", "-f", "tcp port 8080", ...whileRunning(client, connectTo(8080))]],
  check(printed) {
    const drop =
      /\n +if \d+ \(veth\d+\) .*10\.0\.42\.1\.\d+ > 10\.0\.42\.2\.8080 .* proto TCP \(6\) flags \[S\] .*\n +drop \(reason (NO_SOCKET|NOT_SPECIFIED)\) at .+$/;
    match(blockWith(printed!, /skb:kfree_skb/), drop);
  },
};

const performance: UseCase = {
  name: "performance issues: drops by reason and flow, and the way of each dropped packet",
  where: "once",
  lines: (client) => [
    ["collect", "-c", "skb,skb-drop,skb-tracking", "-o", "drops.json", ...whileRunning(client, fiveDatagrams)],
    ["sort", "drops.json", "--drop"],
    ["stats", "drops.json"],
  ],
  check(_, sorted, statistics) {
    const packets = blocksWith(sorted!, /10\.0\.42\.1\.8603 > 10\.0\.42\.2\.8602/);
    equal(packets.length, 5, sorted);
    for (const path of packets) match(path, / n 0\n[\s\S]* n 1\n[\s\S]*skb:kfree_skb .* n [23]\n[\s\S]*drop \(reason \w+\) at .+$/);
    match(statistics!, /^Drops by flow:\n( {2}.*\n)*? {2}10\.0\.42\.1\.8603 > 10\.0\.42\.2\.8602 UDP \(17\): 5$/m);
  },
};

const useCases = [droppedPing, ruleOfDrop, connectionFailure, firewallTrouble, notResponding, performance];
const requires = ["root", "tracepoint:skb:kfree_skb", "nftables"];

async function isPossible(requirements: readonly Requirement[]): Promise<boolean> {
  const reasons = await Promise.all(requirements.map(unmet));
  return reasons.every((reason) => reason === undefined);
}

/** Types the command lines of all use cases that are possible here; gives what came of them by the names of the cases. */
async function typeAll(trial: Trial): Promise<ReadonlyMap<string, readonly Outcome[]>> {
  const { client, server: host } = await trial.topology(twoNamespaces());
  await resolveNeighbours(client, server);
  await host.run(["nft", "-f", "-"], { input: firewall });
  const typed = new Map<string, readonly Outcome[]>();
  for (const { name, requires: further = [], where = "everywhere", lines } of useCases) {
    if (!belongsHere({ name, where }) || !(await isPossible(further))) continue;
    const outcomes: Outcome[] = [];
    for (const line of lines(client)) outcomes.push(await retis(line, { cwd: trial.directory, timeoutMs: 20_000 * trial.slowdown }));
    typed.set(name, outcomes);
  }
  return typed;
}

/** What a line ends with: the exit status of its `--cmd`, which fails where packets are dropped, or 0. */
function commandStatus(stderr: string): number {
  return Number(/Command returned \(exit status (\d+)\)/.exec(stderr)?.[1] ?? 0);
}

let typing: ReturnType<typeof typeAll> | undefined;

function asScenario({ name, requires: further = [], where = "everywhere", check }: UseCase): Scenario {
  return scenario(name, { requires: [...requires, ...further], where, timeoutMs: 90_000 }, async (trial) => {
    typing ??= typeAll(trial);
    const outcomes = (await typing).get(name) ?? [];
    ok(outcomes.length > 0);
    for (const { status, stderr } of outcomes) equal(status, commandStatus(stderr), stderr);
    await check(...outcomes.map(({ stdout }) => stdout));
  });
}

export const scenarios = useCases.map(asScenario);
