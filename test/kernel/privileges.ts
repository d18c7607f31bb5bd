/** What the executable does with its privileges: nothing that its caller's environment says, and no more than it needs. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../support/command.ts";
import { retis, retisPath } from "../support/retis.ts";
import { scenario } from "../support/scenario.ts";

const once = { requires: ["root"], where: "once" } as const;

const environment = scenario("variables of Bun run no code and open no debugger", once, async (trial) => {
  const ran = join(trial.directory, "ran");
  const code = join(trial.directory, "code.ts");
  writeFileSync(code, `require("node:fs").writeFileSync(${JSON.stringify(ran)}, "");`);
  const variables = {
    BUN_OPTIONS: `--preload ${code}`,
    BUN_BE_BUN: "1",
    BUN_INSPECT: "ws://127.0.0.1:0",
    BUN_INSPECT_PRELOAD: code,
    NODE_OPTIONS: `--require ${code}`,
  };
  const plain = await retis(["--version"]);
  match(plain.stdout, /^retis /);
  for (const [name, value] of Object.entries(variables)) deepEqual(await retis(["--version"], { env: { [name]: value } }), plain, name);
  ok(!existsSync(ran), "code of the environment ran");
});

const noProc = scenario("without /proc a message says so", once, async () => {
  const script = 'mount -t tmpfs none /proc && exec "$0" "$@"';
  const wrapper = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script];
  for (const args of [["--version"], ["collect", "-c", "skb"]]) {
    const { status, stdout, stderr } = await runCommand([...wrapper, retisPath, ...args]);
    equal(stderr, "error: Cannot start: /proc is not mounted [NO_PROC]\nhint: Mount it: mount -t proc proc /proc\n");
    deepEqual({ status, stdout }, { status: 1, stdout: "" });
  }
});

export const scenarios = [environment, noProc];
