/** The composition root: the only place that knows every command, the built-in collectors and the plugin loader. */
import { builtInCollectors } from "../collectors/index.ts";
import type { CommandGroup } from "./cli/cli-command.ts";
import { collectFlagNames } from "./cli/collect-flags.ts";
import { runCli } from "./cli/run-cli.ts";
import { collect } from "./command/collect.ts";
import { loadCollectors } from "./plugin/load-collectors.ts";

const root: CommandGroup = {
  name: "retis",
  summary: "See what happens to a packet inside the Linux kernel, and why it was dropped",
  commands: [collect],
};

const pluginHost = {
  builtIn: builtInCollectors,
  coreSections: [],
  coreFlags: collectFlagNames(),
  warn: (message: string) => console.error(message),
};

process.exitCode = await runCli(
  { root, loadCollectors: (request) => loadCollectors(pluginHost, request), setLogLevel: () => {} },
  process.argv.slice(2),
);
