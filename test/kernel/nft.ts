/**
 * Collector nft: what rules of every family decide, with their text, and the table that makes the kernel show them. Rules
 * do not disturb each other, so most are tried and recorded together; ports tell them apart.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { kernelEvents, readEvents, type RecordedEvent } from "../support/event-file.ts";
import { createNamespaces, type Namespace } from "../support/netns.ts";
import { Collection, retis, settle } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { twoNamespaces } from "../support/topology.ts";
import { resolveNeighbours, sendUdp } from "../support/traffic.ts";

const v4 = "10.0.42.2";
const v6 = "1111::2";
const port = { drop: 7601, accept: 7602, jump: 7603, back: 7604, goto: 7605, queue: 7606, ip: 7607, ip6: 7608, netdev: 7609, long: 7610, policy: 7611 };
const longName = "n".repeat(255);
/** More than the 1,024 that older tools go over. */
const manyRules = Array.from({ length: 1500 }, (_, index) => `    udp dport ${10_000 + index} accept\n`).join("");

const serverRules = `table inet filter {
  chain sub {
    udp dport ${port.jump} counter accept comment "kept"
    udp dport ${port.back} return
  }
  chain end { udp dport ${port.goto} drop; }
  chain ${longName} {
    udp dport ${port.long} drop
${manyRules}  }
  chain input {
    type filter hook input priority 0; policy drop
    meta l4proto { icmp, ipv6-icmp } accept
    udp dport ${port.drop} drop
    udp dport { ${port.accept}, ${port.ip}, ${port.ip6} } accept
    udp dport { ${port.jump}, ${port.back} } jump sub
    udp dport ${port.goto} goto end
    udp dport ${port.queue} queue num 5 bypass
    udp dport ${port.long} jump ${longName}
  }
}
table ip four { chain input { type filter hook input priority 10; udp dport ${port.ip} drop; }; }
table ip6 six { chain input { type filter hook input priority 10; udp dport ${port.ip6} drop; }; }
table netdev early { chain ingress { type filter hook ingress device veth10 priority 0; udp dport ${port.netdev} drop; }; }
`;

interface NftSection {
  readonly table_name: string;
  readonly chain_name: string;
  readonly verdict: string;
  readonly verdict_chain_name?: string;
  readonly table_handle: number;
  readonly chain_handle: number;
  readonly rule_handle?: number;
  readonly policy: boolean;
  readonly queue?: number;
  readonly rule?: string;
}

function nftOf(event: RecordedEvent): NftSection {
  return event.nft as NftSection;
}

/** A collection of which the trace table is there. */
async function startTraced(trial: Trial, args: readonly string[], wrapper: readonly string[] = []): Promise<Collection> {
  const collection = await Collection.start(trial, [...args, "--allow-system-changes"], { wrapper });
  await collection.waitForError(/nft: tracing is on by table inet Retis_Table/);
  return collection;
}

/** What the rules of a namespace decided about packets to it. */
async function recordRules(trial: Trial, args: readonly string[], traffic: (client: Namespace) => Promise<void>): Promise<readonly RecordedEvent[]> {
  const { client, server } = await trial.topology(twoNamespaces());
  await resolveNeighbours(client, v4, v6);
  await server.run(["nft", "-f", "-"], { input: serverRules });
  const file = join(trial.folder, "events.json");
  const collection = await startTraced(trial, ["-c", "skb,nft,ns", "-o", file, ...args]);
  await traffic(client);
  await settle(trial);
  const { status, stderr } = await collection.stop();
  equal(status, 0, stderr);
  const inode = await server.inode();
  return kernelEvents(readEvents(file)).filter(({ netns }) => (netns as { inum: number } | undefined)?.inum === inode);
}

async function sendToAll(client: Namespace): Promise<void> {
  for (const [name, each] of Object.entries(port)) await sendUdp(client, name === "ip6" ? v6 : v4, each);
}

let everything: Promise<readonly RecordedEvent[]> | undefined;

/** Each decision about the packets to a port as one text: table, chain, verdict and target, then the rule's text. */
async function decisionsOn(trial: Trial, destination: number): Promise<readonly string[]> {
  everything ??= recordRules(trial, ["--nft-verdicts", "all"], sendToAll);
  const events = (await everything).filter(({ parsed_packet }) => parsed_packet?.ports?.destination === destination);
  for (const event of events) assertConsistent(event);
  return events.map(nftOf).map((nft) => {
    const outcome = [nft.verdict, nft.policy ? "(policy)" : "", nft.verdict_chain_name ?? "", nft.queue ?? ""].filter((word) => word !== "").join(" ");
    return `${nft.table_name} ${nft.chain_name} ${outcome}: ${nft.rule ?? "-"}`;
  });
}

function assertConsistent(event: RecordedEvent): void {
  const nft = nftOf(event);
  equal(event.kernel?.symbol, "__nft_trace_packet");
  ok(nft.table_handle > 0 && nft.chain_handle > 0, JSON.stringify(nft));
  equal(nft.rule === undefined, nft.rule_handle === undefined, "a rule has a handle and a text, or neither");
}

const requires = ["root", "kprobes", "nftables", "nft-trace"];
const options = { requires, timeoutMs: 40_000 };

function decisions(how: string, destination: number, expected: readonly string[]) {
  return scenario(`nft: ${how}`, options, async (trial) => deepEqual(await decisionsOn(trial, destination), expected));
}

const end = "filter input continue: -";
const policyDrop = "filter input drop (policy): -";
const accepted = [`four input continue: -`, `four input accept (policy): -`];
/** What the chain at the device's ingress decides first. */
const ingress = ["early ingress continue: -", "early ingress accept (policy): -"];
const acceptingRule = `udp dport { ${port.accept}, ${port.ip}, ${port.ip6} } accept`;
const jumpingRule = `udp dport { ${port.jump}, ${port.back} } jump sub`;

const kinds = [
  decisions("a rule that drops", port.drop, [...ingress, `filter input drop: udp dport ${port.drop} drop`]),
  decisions("a rule that accepts", port.accept, [...ingress, `filter input accept: ${acceptingRule}`, ...accepted]),
  decisions("a jump, and a rule there", port.jump, [
    ...ingress,
    `filter input jump sub: ${jumpingRule}`,
    `filter sub accept: udp dport ${port.jump} counter accept comment "kept"`,
    ...accepted,
  ]),
  decisions("a return from a jump", port.back, [
    ...ingress,
    `filter input jump sub: ${jumpingRule}`,
    `filter sub return: udp dport ${port.back} return`,
    end,
    policyDrop,
  ]),
  decisions("a goto", port.goto, [...ingress, `filter input goto end: udp dport ${port.goto} goto end`, `filter end drop: udp dport ${port.goto} drop`]),
  decisions("a queue, with its number", port.queue, [...ingress, `filter input queue 5: udp dport ${port.queue} queue flags bypass to 5`, ...accepted]),
  decisions("a policy", port.policy, [...ingress, end, policyDrop]),
  decisions("a table of family ip", port.ip, [...ingress, `filter input accept: ${acceptingRule}`, `four input drop: udp dport ${port.ip} drop`]),
  decisions("a table of family ip6", port.ip6, [...ingress, `filter input accept: ${acceptingRule}`, `six input drop: udp dport ${port.ip6} drop`]),
  decisions("a table of family netdev", port.netdev, [`early ingress drop: udp dport ${port.netdev} drop`]),
  decisions("a chain of 1,500 rules with a name of 255 characters", port.long, [
    ...ingress,
    `filter input jump ${longName}: udp dport ${port.long} jump ${longName}`,
    `filter ${longName} drop: udp dport ${port.long} drop`,
  ]),
];

const filtered = scenario("nft: --nft-verdicts and -f narrow what is reported", options, async (trial) => {
  const events = await recordRules(trial, ["--nft-verdicts", "drop", "-f", `udp port ${port.drop} or udp port ${port.accept} or udp port ${port.goto}`], sendToAll);
  const seen = events.map((event) => `${event.parsed_packet?.ports?.destination} ${nftOf(event).verdict}`);
  deepEqual(seen, [`${port.drop} drop`, `${port.goto} drop`]);
});

const replaced = scenario("nft: the text of a rule that is replaced while running", options, async (trial) => {
  const { client, server } = await trial.topology(twoNamespaces());
  await resolveNeighbours(client, v4);
  const nft = (...words: readonly string[]) => server.run(["nft", ...words]);
  await nft("add table ip t; add chain ip t in { type filter hook input priority 0; }; add rule ip t in udp dport 7621 drop");
  const handle = /drop # handle (\d+)/.exec(await nft("-a", "list", "ruleset"))?.[1] ?? "";
  const collection = await startTraced(trial, ["-c", "skb,nft"]);
  await sendUdp(client, v4, 7621);
  await collection.waitForOutput(new RegExp(`handle ${handle} drop rule "udp dport 7621 drop"`));
  await nft("replace", "rule", "ip", "t", "in", "handle", handle, "udp", "dport", "7621-7622", "drop");
  for (let attempt = 0; attempt < 20; attempt++) {
    await sendUdp(client, v4, 7622);
    await Bun.sleep(500);
  }
  const { stdout } = await collection.stop();
  const texts = stdout.split(/^(?=\d)/m).filter((event) => event.includes(`> ${v4}.7622`)).map((event) => / rule "(.*)"/.exec(event)?.[1]);
  ok(texts.includes("udp dport 7621-7622 drop"), stdout);
  ok(!texts.includes("udp dport 7621 drop"), "an event has the text of the rule that was replaced before");
});

/** `nft list tables` of a namespace. */
function tables(namespace: Namespace): Promise<string> {
  return namespace.run(["nft", "list", "tables"]);
}

function removed(how: string, signal: NodeJS.Signals) {
  return scenario(`nft: no table stays after ${how}`, options, async (trial) => {
    const [namespace] = (await createNamespaces(1)) as [Namespace];
    await trial.topology(Promise.resolve({ namespaces: [namespace], client: namespace, server: namespace }));
    const collection = await startTraced(trial, ["-c", "nft"], ["nsenter", `--net=/run/netns/${namespace.name}`]);
    match(await tables(namespace), /inet Retis_Table/);
    collection.signal(signal);
    await collection.ended();
    // The kernel removes it when the process that owns it is gone, which ends when retis does.
    for (const deadline = Date.now() + 1000 * trial.slowdown; Date.now() < deadline && (await tables(namespace)) !== ""; await Bun.sleep(50));
    equal(await tables(namespace), "");
  });
}

const foreignRule = scenario("nft: a trace rule of somebody else is enough, wherever it is and whatever it matches", options, async (trial) => {
  const { client, server } = await trial.topology(twoNamespaces());
  await resolveNeighbours(client, v4);
  await server.run(["nft", "add table ip t; add chain ip t in { type filter hook input priority 0; }; add rule ip t in udp dport 7631 drop"]);
  const without = await Collection.start(trial, ["-c", "skb,nft"]);
  await without.waitForError(/no rule has `meta nftrace set 1`/);
  await without.stop();

  await client.run(["nft", "add table inet else; add chain inet else nowhere; add rule inet else nowhere ip saddr 203.0.113.9 meta nftrace set 1"]);
  const collection = await Collection.start(trial, ["-c", "skb,nft"]);
  await sendUdp(client, v4, 7631);
  await collection.waitForOutput(/drop rule "udp dport 7631 drop"/);
  const { stderr } = await collection.stop();
  ok(!stderr.includes("no rule has"), stderr);
});

const noTypes = scenario("nft: a kernel without types of modules says so", { requires: ["root", "no-nft-trace"] }, async () => {
  const { status, stderr } = await retis(["collect", "-c", "nft"]);
  equal(status, 1, stderr);
  match(stderr, /nf_tables is a module, and this kernel has no type information of modules/);
});

export const scenarios = [
  ...kinds,
  filtered,
  replaced,
  removed("Ctrl-C", "SIGINT"),
  removed("SIGTERM", "SIGTERM"),
  removed("kill -9", "SIGKILL"),
  foreignRule,
  noTypes,
];
