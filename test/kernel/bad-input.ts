/** Wrong command lines and hosts that lack something: one clear error, the right exit status, nothing left. */
import { equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import type { Outcome } from "../support/command.ts";
import { runCommand } from "../support/command.ts";
import { retis, retisPath } from "../support/retis.ts";
import { scenario } from "../support/scenario.ts";

const drops = ["collect", "-c", "skb-drop"];

function isUsageError(outcome: Outcome, message: RegExp): void {
  equal(outcome.status, 2, outcome.stderr);
  match(outcome.stderr, /^error: /);
  match(outcome.stderr, message);
  equal(outcome.stdout, "");
}

function isRuntimeError(outcome: Outcome, message: RegExp): void {
  equal(outcome.status, 1, outcome.stderr);
  match(outcome.stderr, /^error: .* \[[A-Z_]+\]$/m);
  match(outcome.stderr, message);
  ok(!/^\s+at .*:\d+/m.test(outcome.stderr), `a stack trace is shown:\n${outcome.stderr}`);
  equal(outcome.stdout, "");
}

const unknownNames = scenario(
  "unknown collector, option, section and subcommand are named, with a suggestion",
  { where: "once" },
  async () => {
    isUsageError(await retis(["collect", "-c", "skb-dorp"]), /skb-dorp[\s\S]*skb-drop/);
    isUsageError(await retis(["collect", "--stop-aftr", "1"]), /stop-aftr[\s\S]*stop-after/);
    isUsageError(await retis(["collect", "-c", "skb", "--skb-sections", "metta"]), /metta[\s\S]*meta/);
    isUsageError(await retis(["colect"]), /colect[\s\S]*collect/);
    isUsageError(await retis([]), /subcommand/i);
  },
);

const unknownProbe = scenario(
  "an unknown probe is named, with a suggestion",
  { requires: ["root", "tracepoint:skb:kfree_skb"] },
  async () => {
    isRuntimeError(await retis(["collect", "-c", "skb", "-p", "tp:skb:kfree_sbk"]), /skb:kfree_sbk[\s\S]*kfree_skb/);
  },
);

const wrongProbe = scenario("a probe that cannot be parsed is a usage error", { where: "once", requires: ["root"] }, async () => {
  isUsageError(await retis(["collect", "-c", "skb", "-p", "a:b:c:d"]), /a:b:c:d/);
  isUsageError(await retis(["collect", "-c", "skb", "-p", "tp:skb:kfree_skb/stakc"]), /stakc/);
});

const wrongValues = scenario("option values out of range are usage errors", { where: "once" }, async () => {
  isUsageError(await retis([...drops, "--ring-size", "lots"]), /ring-size/);
  isUsageError(await retis([...drops, "--stop-after", "-1"]), /stop-after/);
  isUsageError(await retis([...drops, "-o", "x.json", "--out-rotate", "0MB"]), /out-rotate/);
  isUsageError(await retis([...drops, "--out-rotate", "1MB"]), /--out\b/);
  isUsageError(await retis([...drops, "--format", "xml"]), /xml/);
});

const noRoot = scenario("without privileges the missing ones are named", { where: "once", requires: ["root"] }, async () => {
  const unprivileged = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
  isRuntimeError(await runCommand([...unprivileged, retisPath, ...drops]), /CAP_BPF|root/);
  equal((await runCommand([...unprivileged, retisPath, "--version"])).status, 0);
});

const noTypes = scenario("a kernel without BTF is reported as that", { where: "once", requires: ["root"] }, async () => {
  const hide = 'mount -t tmpfs none /sys/kernel/btf && exec "$@"';
  const argv = ["unshare", "-m", "--propagation", "private", "sh", "-c", hide, "sh", retisPath, ...drops];
  isRuntimeError(await runCommand(argv), /btf|type information/i);
});

const unwritable = scenario("a file that cannot be written is named", { where: "once", requires: ["root"] }, async (trial) => {
  const path = join(trial.directory, "missing", "events.json");
  isRuntimeError(await retis([...drops, "-o", path]), /missing\/events\.json/);
});

const unreadable = scenario("files that cannot be read are named", { where: "once" }, async (trial) => {
  const path = join(trial.directory, "events.json");
  equal((await retis(["print", path])).status, 2);
  await Bun.write(path, "");
  isRuntimeError(await retis(["print", path]), /events\.json/);
  await Bun.write(path, "this is not an event file\n");
  isRuntimeError(await retis(["print", path]), /events\.json/);
});

const foreignDirectory = scenario(
  "files in the working directory change nothing: no bunfig.toml, no .env",
  { where: "once" },
  async (trial) => {
    const evil = join(trial.directory, "evil.ts");
    await Bun.write(evil, 'console.log("EVIL");');
    await Bun.write(join(trial.directory, "bunfig.toml"), 'preload = ["./evil.ts"]\n');
    await Bun.write(join(trial.directory, ".env"), "NO_COLOR=1\n");
    const { status, stdout } = await retis(["--version"], { cwd: trial.directory });
    equal(status, 0);
    match(stdout, /^retis /);
    ok(!stdout.includes("EVIL"));
  },
);

export const scenarios = [unknownNames, unknownProbe, wrongProbe, wrongValues, noRoot, noTypes, unwritable, unreadable, foreignDirectory];
