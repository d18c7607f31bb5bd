/** Collector ovs on the real kernel: a bridge of Open vSwitch between two namespaces. */
import { match } from "node:assert/strict";
import { hostAddresses, ovsBridge, type OvsBuild } from "../support/ovs.ts";
import { scenario } from "../support/scenario.ts";

/** What the lab itself must do before anything else can be shown with it. */
function forwards(build: OvsBuild) {
  return scenario(
    `ovs: a bridge of build ${build} forwards a ping`,
    { requires: ["root", `ovs-${build}`], timeoutMs: 60_000 },
    async (trial) => {
      const { client, ovs } = await ovsBridge(trial, build);
      match(await client.run(["ping", "-c", "2", "-i", "0.1", "-W", "2", hostAddresses.server]), /2 received/);
      match(await ovs.appctl("dpctl/show"), /missed:2 lost:0/);
    },
  );
}

export const scenarios = [forwards("usdt"), forwards("debian")];
