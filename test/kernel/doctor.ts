/** `retis doctor`: what works here, found by trying. */
import { equal, match } from "node:assert/strict";
import { runCommand } from "../support/command.ts";
import { retis, retisPath } from "../support/retis.ts";
import { scenario } from "../support/scenario.ts";

const ready = scenario(
  "doctor says that the collectors for drops can run",
  { requires: ["root", "tracepoint:skb:kfree_skb"] },
  async () => {
    const { status, stdout, stderr } = await retis(["doctor"]);
    equal(status, 0, stderr);
    for (const collector of ["skb", "skb-drop", "dev", "ns"]) match(stdout, new RegExp(`^  ok +${collector}\\b`, "m"));
  },
);

const unprivileged = scenario("doctor without privileges names what is missing", { requires: ["root"], where: "once" }, async () => {
  const { stdout } = await runCommand(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", retisPath, "doctor"]);
  match(stdout, /^ {2}missing +CAP_BPF\b/m);
});

export const scenarios = [ready, unprivileged];
