/**
 * Collector nft: what rules of every family decide, with their text, and the table that makes the kernel show them. Rules
 * do not disturb each other, so most are tried and recorded together; ports distinguish them.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { TraceTable } from "../../collectors/nft/trace-table.ts";
import { mustRun, type Outcome, runCommand } from "../support/command.ts";
import { kernelEvents, readEvents, type RecordedEvent } from "../support/event-file.ts";
import { connect, createNamespaces, createWithInode, destroyNamespaces, type Namespace } from "../support/netns.ts";
import { Collection, retis, settle } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { macs, twoNamespaces } from "../support/topology.ts";
import { resolveNeighbours, sendUdp } from "../support/traffic.ts";

const v4 = "10.0.42.2";
const v6 = "1111::2";
const port = {
  drop: 7601,
  accept: 7602,
  jump: 7603,
  back: 7604,
  goto: 7605,
  queue: 7606,
  ip: 7607,
  ip6: 7608,
  netdev: 7609,
  long: 7610,
  policy: 7611,
};
const longName = "n".repeat(255);

const serverRules = `table inet filter {
  chain sub {
    udp dport ${port.jump} counter accept comment "kept"
    udp dport ${port.back} return
  }
  chain end { udp dport ${port.goto} drop; }
  chain input {
    type filter hook input priority 0; policy drop
    meta l4proto { icmp, ipv6-icmp } accept
    udp dport ${port.drop} drop
    udp dport { ${port.accept}, ${port.ip}, ${port.ip6} } accept
    udp dport { ${port.jump}, ${port.back} } jump sub
    udp dport ${port.goto} goto end
    udp dport ${port.queue} queue num 5 bypass
  }
}
table ip four { chain input { type filter hook input priority 10; udp dport ${port.ip} drop; }; }
table ip6 six { chain input { type filter hook input priority 10; udp dport ${port.ip6} drop; }; }
table netdev early { chain ingress { type filter hook ingress device veth10 priority 0; udp dport ${port.netdev} drop; }; }
`;

/** More than the 1,024 that older tools go over. nft takes so long for them in a guest that their texts are not waited for. */
const manyRules = Array.from({ length: 1200 }, (_, index) => `    udp dport ${10_000 + index} accept\n`).join("");
const clientRules = `table inet many {
  chain ${longName} {
    udp dport ${port.long} drop
${manyRules}  }
  chain output { type filter hook output priority 0; udp dport ${port.long} jump ${longName}; }
}
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
  await collection.waitForError(/nft: tracing is on: table inet Retis_Table/);
  return collection;
}

interface Decisions {
  readonly client: readonly RecordedEvent[];
  readonly server: readonly RecordedEvent[];
}

/** What the rules of both namespaces decided. */
async function recordRules(trial: Trial, args: readonly string[], clientRules = ""): Promise<Decisions> {
  const { client, server } = await trial.topology(twoNamespaces());
  await resolveNeighbours(client, v4, v6);
  await server.run(["nft", "-f", "-"], { input: serverRules });
  await client.run(["nft", "-f", "-"], { input: clientRules });
  const file = join(trial.directory, "events.json");
  const collection = await startTraced(trial, ["-c", "skb,nft,ns", "-o", file, ...args]);
  for (const [name, each] of Object.entries(port)) await sendUdp(client, name === "ip6" ? v6 : v4, each);
  await settle(trial);
  const { status, stderr } = await collection.stop();
  equal(status, 0, stderr);
  const events = kernelEvents(readEvents(file));
  const within = (inode: number) => events.filter(({ netns }) => (netns as { inum: number } | undefined)?.inum === inode);
  return { client: within(client.inode()), server: within(server.inode()) };
}

let everything: Promise<Decisions> | undefined;

/** What the server's rules decided about the packets to a port. */
async function decisionsOn(trial: Trial, destination: number): Promise<readonly NftSection[]> {
  everything ??= recordRules(trial, ["--nft-verdicts", "all"]);
  const events = (await everything).server.filter(({ parsed_packet }) => parsed_packet?.ports?.destination === destination);
  for (const event of events) {
    const nft = nftOf(event);
    equal(event.kernel?.symbol, "__nft_trace_packet");
    ok(nft.table_handle > 0 && nft.chain_handle > 0, JSON.stringify(nft));
  }
  return events.map(nftOf);
}

/** A decision as one text: table, chain, verdict and target. */
function outcomeOf(nft: NftSection): string {
  const outcome = [nft.verdict, nft.policy ? "(policy)" : "", nft.verdict_chain_name ?? "", nft.queue ?? ""]
    .filter((word) => word !== "")
    .join(" ");
  return `${nft.table_name} ${nft.chain_name} ${outcome}`;
}

const requires = ["root", "kprobes", "nftables", "nft-trace"];
const options = { requires, timeoutMs: 40_000 };
const oldestAndNewest = { ...options, where: "oldest and newest" } as const;

function decisions(how: string, destination: number, expected: readonly string[]) {
  return scenario(`nft: ${how}`, options, async (trial) => {
    const sections = await decisionsOn(trial, destination);
    deepEqual(
      sections.map((nft) => `${outcomeOf(nft)}: ${nft.rule ?? "-"}`),
      expected,
    );
    for (const nft of sections) equal(nft.rule === undefined, nft.rule_handle === undefined, "a rule has a handle and a text, or neither");
  });
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
  decisions("a goto", port.goto, [
    ...ingress,
    `filter input goto end: udp dport ${port.goto} goto end`,
    `filter end drop: udp dport ${port.goto} drop`,
  ]),
  decisions("a queue, with its number", port.queue, [
    ...ingress,
    `filter input queue 5: udp dport ${port.queue} queue flags bypass to 5`,
    ...accepted,
  ]),
  decisions("a policy", port.policy, [...ingress, end, policyDrop]),
  decisions("a table of family ip", port.ip, [
    ...ingress,
    `filter input accept: ${acceptingRule}`,
    `four input drop: udp dport ${port.ip} drop`,
  ]),
  decisions("a table of family ip6", port.ip6, [
    ...ingress,
    `filter input accept: ${acceptingRule}`,
    `six input drop: udp dport ${port.ip6} drop`,
  ]),
  decisions("a table of family netdev", port.netdev, [`early ingress drop: udp dport ${port.netdev} drop`]),
];

let narrowed: Promise<Decisions> | undefined;

function recordDrops(trial: Trial): Promise<Decisions> {
  const filter = [port.drop, port.accept, port.goto, port.long].map((each) => `udp port ${each}`).join(" or ");
  narrowed ??= recordRules(trial, ["--nft-verdicts", "drop", "-f", filter], clientRules);
  return narrowed;
}

const filtered = scenario("nft: --nft-verdicts and -f narrow what is reported", oldestAndNewest, async (trial) => {
  const { server } = await recordDrops(trial);
  const seen = server.map((event) => `${event.parsed_packet?.ports?.destination} ${nftOf(event).verdict}`);
  deepEqual(seen, [`${port.drop} drop`, `${port.goto} drop`]);
});

const long = scenario("nft: a chain of 1,201 rules with a name of 255 characters", oldestAndNewest, async (trial) => {
  const { client } = await recordDrops(trial);
  deepEqual(client.map(nftOf).map(outcomeOf), [`many ${longName} drop`]);
});

const replaced = scenario("nft: the text of a rule that is replaced while running", oldestAndNewest, async (trial) => {
  const { client, server } = await trial.topology(twoNamespaces());
  await resolveNeighbours(client, v4);
  const nft = (...words: readonly string[]) => server.run(["nft", ...words]);
  await nft("add table ip t; add chain ip t in { type filter hook input priority 0; }; add rule ip t in udp dport 7621 drop");
  const handle = /drop # handle (\d+)/.exec(await nft("-a", "list", "ruleset"))?.[1] ?? "";
  const collection = await startTraced(trial, ["-c", "skb,nft"]);
  // What others see of tracing: nothing, as no packet is marked.
  const monitor = Bun.spawn([...server.command("stdbuf", "-oL", "nft", "monitor", "trace")], { stdin: "ignore", stdout: "pipe" });
  trial.defer(() => monitor.kill("SIGKILL"));
  await sendUdp(client, v4, 7621);
  await collection.waitForOutput(new RegExp(`handle ${handle} drop rule "udp dport 7621 drop"`));
  await nft("replace", "rule", "ip", "t", "in", "handle", handle, "udp", "dport", "7621-7622", "drop");
  const replacedText = /rule "udp dport 7621-7622 drop"/;
  for (let attempt = 0; attempt < 80; attempt++) {
    await sendUdp(client, v4, 7622);
    if (await collection.showsOutput(replacedText, 500)) break;
  }
  const { stdout } = await collection.stop();
  monitor.kill("SIGINT");
  equal(await monitor.stdout.text(), "");
  const texts = stdout
    .split(/^(?=\d)/m)
    .filter((event) => event.includes(`> ${v4}.7622`))
    .map((event) => / rule "(.*)"/.exec(event)?.[1]);
  ok(texts.includes("udp dport 7621-7622 drop"), stdout);
  ok(!texts.includes("udp dport 7621 drop"), "an event has the text of the rule that was replaced before");
});

/** Text of the rule in the first event with a port; undefined when it has none. */
function ruleOnPort(stdout: string, destination: number): string | undefined {
  const event = stdout.split(/^(?=\d)/m).find((candidate) => candidate.includes(`.${destination} `));
  return / rule "(.*)"/.exec(event ?? "")?.[1];
}

const reusedNumber = scenario(
  "nft: a namespace with the inode number of a deleted one has the texts of its own rules",
  oldestAndNewest,
  async (trial) => {
    const rulesFor = (destination: number) =>
      `table inet t { chain i { type filter hook input priority 0; udp dport ${destination} counter drop; }; }`;
    const [first] = (await createNamespaces(1)) as [Namespace];
    const inode = first.inode();
    await first.run(["nft", "-f", "-"], { input: rulesFor(7651) });
    const collection = await startTraced(trial, ["-c", "skb,nft", "-f", "udp dst portrange 7651-7653", "--nft-verdicts", "drop"]);
    await sendUdp(first, "127.0.0.1", 7651);
    await collection.waitForOutput(/rule "udp dport 7651 counter drop"/);
    await destroyNamespaces([first]);
    const { all, found } = await createWithInode(inode);
    trial.defer(() => destroyNamespaces(all));
    // The kernel is free not to give the number again so soon.
    if (found === undefined) return;
    await found.run(["nft", "-f", "-"], { input: rulesFor(7652) });
    await sendUdp(found, "127.0.0.1", 7652);
    await collection.waitForOutput(/127\.0\.0\.1\.7652 [\s\S]*drop rule/);
    // Twice, so that the rule is back where the kernel had the first one.
    const handle = /drop # handle (\d+)/.exec(await found.run(["nft", "-a", "list", "ruleset"]))?.[1] ?? "";
    for (const last of [7654, 7653]) {
      await found.run(["nft", "replace", "rule", "inet", "t", "i", "handle", handle, "udp", "dport", `7652-${last}`, "drop"]);
    }
    await sendUdp(found, "127.0.0.1", 7653);
    await collection.waitForOutput(/127\.0\.0\.1\.7653 [\s\S]* table t /);
    const { stdout } = await collection.stop();
    equal(ruleOnPort(stdout, 7652), "udp dport 7652 counter drop");
    equal(ruleOnPort(stdout, 7653) ?? "udp dport 7652-7653 drop", "udp dport 7652-7653 drop");
  },
);

/** Drops by netfilter come after the report of their rule. */
const inOrder = scenario("nft: every drop has its rule, from the first on, also when another run ends", options, async (trial) => {
  const [namespace] = (await createNamespaces(1)) as [Namespace];
  await trial.topology(Promise.resolve({ namespaces: [namespace], client: namespace, server: namespace }));
  await namespace.run([
    "nft",
    "add table ip t; add chain ip t in { type filter hook input priority 0; }; add rule ip t in udp dport 7661 drop",
  ]);
  let isSending = true;
  const sending = (async () => {
    while (isSending) {
      await sendUdp(namespace, "127.0.0.1", 7661);
      await Bun.sleep(50);
    }
  })();
  trial.defer(() => {
    isSending = false;
  });
  const args = ["-c", "skb,skb-drop,nft", "-p", "tp:skb:kfree_skb", "-f", "udp dst port 7661", "--nft-verdicts", "drop"];
  const collections = [startTraced(trial, args), startTraced(trial, args)] as const;
  const [one, other] = await Promise.all(collections);
  const first = await one.stop();
  const seen = other.outputSoFar().length;
  await other.waitForOutput(new RegExp(`^[\\s\\S]{${seen}}[\\s\\S]*drop \\(reason`));
  const second = await other.stop();
  isSending = false;
  await sending;
  for (const { stdout, stderr } of [first, second]) {
    const rules = stdout.split('drop rule "udp dport 7661 drop"').length - 1;
    const drops = stdout.split("drop (reason NETFILTER_DROP)").length - 1;
    // At both ends a packet may be between its rule and its drop.
    ok(drops > 0 && Math.abs(drops - rules) <= 1, `${drops} drops, ${rules} rules`);
    ok(stderr.search(/tracing is on/) < stderr.search(/probe\(s\) loaded/), stderr);
  }
  const tables = [first, second].map(({ stderr }) => /table (inet Retis_Table\S*) was added/.exec(stderr)?.[1]);
  ok(tables[0] !== tables[1], "both runs have the same table");
});

const bridged = scenario("nft: a table of family bridge", oldestAndNewest, async (trial) => {
  const [left, bridge, right] = (await createNamespaces(3)) as [Namespace, Namespace, Namespace];
  await trial.topology(Promise.resolve({ namespaces: [left, bridge, right], client: left, server: right }));
  await connect(
    { namespace: left, device: "veth01", mac: macs.veth01, addresses: ["10.0.42.1/24"] },
    { namespace: bridge, device: "port0", mac: macs.veth10, addresses: [] },
  );
  await connect(
    { namespace: bridge, device: "port1", mac: macs.veth12, addresses: [] },
    { namespace: right, device: "veth21", mac: macs.veth21, addresses: [`${v4}/24`] },
  );
  await bridge.ip("link add br0 type bridge", "link set port0 master br0", "link set port1 master br0", "link set br0 up");
  await resolveNeighbours(left, v4);
  await bridge.run([
    "nft",
    "add table bridge b; add chain bridge b f { type filter hook forward priority 0; }; add rule bridge b f udp dport 7641 drop",
  ]);
  const collection = await startTraced(trial, ["-c", "skb,nft", "-f", "udp port 7641"]);
  await sendUdp(left, v4, 7641);
  await collection.waitForOutput(/table b \(\d+\) chain f \(\d+\) handle \d+ drop rule "udp dport 7641 drop"/);
  equal((await collection.stop()).status, 0);
});

/** `nft list tables` of a namespace. */
function tables(namespace: Namespace): Promise<string> {
  return namespace.run(["nft", "list", "tables"]);
}

function removed(how: string, signal: NodeJS.Signals) {
  return scenario(`nft: no table stays after ${how}`, oldestAndNewest, async (trial) => {
    const [namespace] = (await createNamespaces(1)) as [Namespace];
    await trial.topology(Promise.resolve({ namespaces: [namespace], client: namespace, server: namespace }));
    const home = `HOME=${trial.directory}`;
    const collection = await startTraced(trial, ["-c", "nft"], ["env", home, "nsenter", `--net=/run/netns/${namespace.name}`]);
    match(await tables(namespace), /inet Retis_Table/);
    collection.signal(signal);
    await collection.ended();
    // The kernel removes it when the process that owns it is gone, which ends when retis does.
    for (
      const deadline = Date.now() + 1000 * trial.slowdown;
      Date.now() < deadline && (await tables(namespace)) !== "";
      await Bun.sleep(50)
    );
    equal(await tables(namespace), "");
    ok(!existsSync(join(trial.directory, ".nft.history")), "nft wrote its history to the caller's home");
  });
}

const foreignRule = scenario(
  "nft: a trace rule of another program is enough, wherever it is and whatever it matches",
  oldestAndNewest,
  async (trial) => {
    const { client, server } = await trial.topology(twoNamespaces());
    await resolveNeighbours(client, v4);
    await server.run([
      "nft",
      "add table ip t; add chain ip t in { type filter hook input priority 0; }; add rule ip t in udp dport 7631 drop",
    ]);
    const without = await Collection.start(trial, ["-c", "skb,nft"]);
    await without.waitForError(/tracing is off/);
    await without.stop();

    await client.run([
      "nft",
      "add table inet else; add chain inet else nowhere; add rule inet else nowhere ip saddr 203.0.113.9 meta nftrace set 1",
    ]);
    const collection = await Collection.start(trial, ["-c", "skb,nft"]);
    await sendUdp(client, v4, 7631);
    await collection.waitForOutput(/drop rule "udp dport 7631 drop"/);
    const { stderr } = await collection.stop();
    ok(!stderr.includes("tracing is off"), stderr);
  },
);

const noTypes = scenario("nft: a kernel without types of modules says so", { requires: ["root", "no-nft-trace"] }, async () => {
  const { status, stderr } = await retis(["collect", "-c", "nft"]);
  equal(status, 1, stderr);
  match(stderr, /the kernel has no type information of nf_tables/);
});

// The only kernels of the lab where tables have no owner; the table is tried alone, as the collector cannot run there.
const withoutOwner = scenario(
  "nft: the table is removed also where tables have no owner",
  { requires: ["root", "nftables", "no-nft-trace"] },
  async () => {
    const table = await TraceTable.add();
    match(await mustRun(["nft", "list", "ruleset"]), /table inet Retis_Table_\w+ \{\n\tchain Retis_Chain \{\n\t\tmeta nftrace set 1/);
    await table.remove();
    equal(await mustRun(["nft", "list", "tables"]), "");
  },
);

/** Runs a script that has a trace table, in a network namespace of its own. */
function withTable(script: string): Promise<Outcome> {
  const source = `import { TraceTable } from ${JSON.stringify(join(import.meta.dir, "../../collectors/nft/trace-table.ts"))};
const table = await TraceTable.add();
${script}`;
  // What is printed last comes from the namespace when the script has ended.
  const shell = '"$@"; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; nft list tables | grep -q . || exit 0; done; nft list tables';
  return runCommand(["unshare", "-n", "sh", "-c", shell, "sh", process.execPath, "-e", source]);
}

const tableGone = scenario(
  "nft: the trace table is gone at once, and when its process is killed",
  { requires: ["root", "nftables"] },
  async (trial) => {
    const removed = await withTable(
      'const start = Date.now(); process.on("exit", () => console.log(Date.now() - start)); await table.remove();',
    );
    ok(Number(removed.stdout) < 500 * trial.slowdown, `the process ended ${removed.stdout.trim()} ms after the removal began`);
    const killed = await withTable('process.kill(process.pid, "SIGKILL");');
    equal(killed.stdout, "");
  },
);

export const scenarios = [
  ...kinds,
  filtered,
  long,
  replaced,
  reusedNumber,
  inOrder,
  bridged,
  removed("Ctrl-C", "SIGINT"),
  removed("SIGTERM", "SIGTERM"),
  removed("kill -9", "SIGKILL"),
  foreignRule,
  noTypes,
  withoutOwner,
  tableGone,
];
