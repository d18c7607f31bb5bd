/** Collector ovs: filters on both sides of user space, and hosts that cannot show it. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { identityOf } from "../support/series.ts";
import { executedIds, ovsOf, ovsSeries, ovsStep } from "../support/ovs-series.ts";
import { hostAddresses, ovsBridge } from "../support/ovs.ts";
import { record, retis } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";

const options = { where: "oldest and newest", requires: ["root", "ovs", "kprobes"], timeoutMs: 90_000 } as const;
/** Nothing but the collectors' own probes is of use here. */
const ownProbes = ["-p", "tp:skb:kfree_skb"];
const upcall = ["lookup miss", "upcall 1", "return 0"];

/** `retis sort` shows as many packets in what was recorded, each from its first event in the datapath to its output. */
async function assertSorted(trial: Trial, packets: number): Promise<void> {
  const [file = ""] = readdirSync(trial.directory).filter((name) => name.endsWith(".json"));
  const { status, stdout, stderr } = await retis(["sort", join(trial.directory, file), "--format", "single-line"]);
  equal(status, 0, stderr);
  const lines = stdout.split("\n").filter((line) => /exec |flow (miss|hit)|upcall/.test(line));
  const starts = lines.filter((line) => !/^\s/.test(line));
  equal(starts.length, packets, stdout);
  ok(
    starts.every((line) => /flow (miss|hit)/.test(line)),
    stdout,
  );
}

const filtered = scenario(
  "ovs: a filter holds before and after user space, and an identity without --ovs-track",
  options,
  async (trial) => {
    const { client } = await ovsBridge(trial);
    const filter = `icmp and src host ${hostAddresses.client}`;
    const { events } = await record(trial, ["-c", "skb,skb-tracking,ovs", ...ownProbes, "-f", filter], async () => {
      await client.run(["ping", "-c", "2", "-i", "0.2", "-W", "5", hostAddresses.server]);
    });
    const found = ovsSeries(events, ({ parsed_packet }) => parsed_packet?.icmpType !== undefined);
    deepEqual(
      found.map((series) => series.map(ovsStep)),
      [
        [...upcall, "output"],
        ["lookup hit", "output"],
      ],
    );
    deepEqual(found.flatMap(executedIds), [], "there are no queue ids without --ovs-track");
    await assertSorted(trial, 2);
    deepEqual(
      events.filter(
        (event) => ovsOf(event) && (identityOf(event) === undefined || event.parsed_packet?.ip?.source !== hostAddresses.client),
      ),
      [],
      "events of other packets",
    );
  },
);

const auto = scenario("ovs: -c auto has it where the datapath is in use", { ...options, requires: ["root", "ovs"] }, async (trial) => {
  const args = ["--log-level", "debug", "collect", "-c", "auto", "--format", "json", "--cmd", "true"];
  // The hooks of all collectors in each program: under emulation the verifier needs its time for them.
  const { status, stdout, stderr } = await retis(args, { timeoutMs: 60_000 * trial.slowdown });
  equal(status, 0, stderr);
  ok(!/Collector ovs left out/.test(stderr), stderr);
  ok(!/ovs_dp_upcall/.test(stdout));
});

/** Without the module, or without its types: what is missing has a name, and the rest of the run goes on. */
function leftOut(requirement: string, reason: RegExp) {
  return scenario(`ovs: what is missing is named (${requirement})`, { requires: ["root", requirement] }, async () => {
    const alone = await retis(["collect", "-c", "ovs", "--cmd", "true"]);
    ok(alone.status !== 0);
    match(alone.stderr, reason);
    const withOthers = await retis(["collect", "-c", "auto", "--cmd", "true"]);
    equal(withOthers.status, 0, withOthers.stderr);
    ok(!/openvswitch|\bovs\b/i.test(withOthers.stderr), withOthers.stderr);
  });
}

export const scenarios = [
  filtered,
  auto,
  leftOut("no-ovs", /module openvswitch is not loaded|no Open vSwitch/),
  leftOut("ovs-untyped", /no type information of module openvswitch/),
];
