/** A collector of a third party, loaded by the compiled executable from a folder outside the repository. */
import { equal, match, ok } from "node:assert/strict";
import { chmodSync, cpSync } from "node:fs";
import { join } from "node:path";
import { record, retis } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { twoNamespaces } from "../support/topology.ts";
import { sendUdp } from "../support/traffic.ts";

const sample = join(import.meta.dir, "../plugin-sample");
const requires = ["root", `file:${join(sample, "collector.ts")}`, `file:${join(sample, "hook.bpf.o")}`];

/** Copies the sample to a folder that knows nothing of this repository; returns that folder. */
function installSample(trial: Trial): string {
  const folder = join(trial.folder, "collectors", "sample");
  cpSync(sample, folder, { recursive: true });
  return folder;
}

const collects = scenario("a third party's collector adds its section", { requires: [...requires, "tracepoint:skb:kfree_skb"] }, async (trial) => {
  const folder = installSample(trial);
  const { client } = await trial.topology(twoNamespaces());
  const { events } = await record(trial, ["-c", `skb,skb-drop,${folder}`], () => sendUdp(client, "10.0.42.2", 8101));
  ok(events.some((event) => event.sample !== undefined), "no event has the section of the sample collector");
});

const shows = scenario("a third party's collector is in --help, the schema and the list", { requires, where: "once" }, async (trial) => {
  const folder = join(installSample(trial), "..");
  for (const command of [["collect", "--help"], ["schema"], ["collector", "list"]]) {
    const { status, stdout, stderr } = await retis([...command, "--collector-dir", folder]);
    equal(status, 0, stderr);
    match(stdout, /sample/);
  }
});

const unsafe = scenario("a collector that others can write to is refused", { requires }, async (trial) => {
  const folder = installSample(trial);
  chmodSync(folder, 0o777);
  const { status, stderr } = await retis(["collect", "-c", folder]);
  ok(status !== 0);
  match(stderr, /Cannot load collector/);
});

export const scenarios = [collects, shows, unsafe];
