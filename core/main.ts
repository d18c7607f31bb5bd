/** The composition root: the only place that knows every command, the built-in collectors and the plugin loader. */
import { builtInCollectors } from "../collectors/index.ts";
import { log } from "./base/log.ts";
import type { CommandGroup } from "./cli/cli-command.ts";
import { collectFlagNames } from "./cli/collect-flags.ts";
import { runCli } from "./cli/run-cli.ts";
import { collect } from "./command/collect.ts";
import { completeWords } from "./completion/complete-words.ts";
import { collector } from "./command/collector/collector.ts";
import { diagnose } from "./command/diagnose/diagnose.ts";
import { doctor } from "./command/doctor.ts";
import { explain } from "./command/explain/explain.ts";
import { help } from "./command/help.ts";
import { inspect } from "./command/inspect/inspect.ts";
import { pcap } from "./command/pcap/pcap.ts";
import { print } from "./command/print.ts";
import { profile } from "./command/profile/profile.ts";
import { python } from "./command/python.ts";
import { schema } from "./command/schema.ts";
import { script } from "./command/script.ts";
import { shComplete } from "./command/sh-complete/sh-complete.ts";
import { sort } from "./command/sort/sort.ts";
import { stats } from "./command/stats/stats.ts";
import { coreSections } from "./event/core-sections.ts";
import { loadCollectors } from "./plugin/load-collectors.ts";

const root: CommandGroup = {
  name: "retis",
  summary: "See what happens to a packet inside the Linux kernel, and why it was dropped",
  commands: [
    collect,
    print,
    sort,
    pcap,
    stats,
    script,
    diagnose,
    explain,
    inspect,
    profile,
    schema,
    collector,
    doctor,
    shComplete,
    help(() => root),
    python,
    completeWords(() => root),
  ],
};

const pluginHost = {
  builtIn: builtInCollectors,
  coreSections: coreSections.map((section) => section.key),
  coreFlags: collectFlagNames(),
  warn: log.warn,
};

process.exitCode = await runCli(
  {
    root,
    loadCollectors: (request) => loadCollectors(pluginHost, request),
    // Loaded only now: a command that does not need the kernel needs none of this.
    openKernel: async () => new (await import("./kernel/kernel.ts")).Kernel(),
    licenses: async () => (await import("./command/licenses/licenses.ts")).licensesText(),
    setLogLevel: (level) => log.setLevel(level),
  },
  process.argv.slice(2),
);
