/** The composition root: the only place that knows every command, the built-in collectors and the plugin loader. */
import { log } from "./base/log.ts";
import { ownCommand } from "./base/own-command.ts";
import { type CollectorRequest, type CommandGroup, lazyCommand } from "./cli/cli-command.ts";
import { runCli } from "./cli/run-cli.ts";
import { collector } from "./command/collector/collector.ts";
import { profile } from "./command/profile/profile.ts";

const root: CommandGroup = {
  name: "retis",
  summary: "See what happens to a packet inside the Linux kernel, and why it was dropped",
  commands: [
    lazyCommand(
      { name: "collect", summary: "Collect network events from the running kernel", profiles: "collect" },
      async () => (await import("./command/collect.ts")).collect,
    ),
    lazyCommand({ name: "print", summary: "Print the events of a file" }, async () => (await import("./command/print.ts")).print),
    lazyCommand(
      { name: "sort", summary: "Show packet paths: the events of each packet in order" },
      async () => (await import("./command/sort/sort.ts")).sort,
    ),
    lazyCommand(
      { name: "pcap", summary: "Convert the packets of a file to pcapng, e.g. for Wireshark", profiles: "pcap" },
      async () => (await import("./command/pcap/pcap.ts")).pcap,
    ),
    lazyCommand(
      { name: "stats", summary: "Count the events, drops and losses of a file" },
      async () => (await import("./command/stats/stats.ts")).stats,
    ),
    lazyCommand(
      { name: "script", summary: "Run a TypeScript file over the events of a file", yields: true },
      async () => (await import("./command/script.ts")).script,
    ),
    lazyCommand(
      { name: "drops", summary: "Show dropped packets live, one row each, and what was found at the end" },
      async () => (await import("./command/drops.ts")).drops,
    ),
    lazyCommand(
      { name: "diagnose", summary: "Find out why packets are dropped: group the drops and examine the host for each group" },
      async () => (await import("./command/diagnose/diagnose.ts")).diagnose,
    ),
    lazyCommand(
      { name: "explain", summary: "Explain a drop reason, a function that drops, or an error, and what to do" },
      async () => (await import("./command/explain/explain.ts")).explain,
    ),
    lazyCommand(
      { name: "inspect", summary: "List the probes that collectors can use on this kernel" },
      async () => (await import("./command/inspect/inspect.ts")).inspect,
    ),
    profile,
    lazyCommand({ name: "schema", summary: "Print the JSON Schema of events" }, async () => (await import("./command/schema.ts")).schema),
    collector,
    lazyCommand(
      { name: "doctor", summary: "Check which features work on this host, and what is missing" },
      async () => (await import("./command/doctor.ts")).doctor,
    ),
    lazyCommand(
      { name: "sh-complete", summary: "Print or install shell completion" },
      async () => (await import("./command/sh-complete/sh-complete.ts")).shComplete,
    ),
    lazyCommand({ name: "help", summary: "Print the help of a command" }, async () => (await import("./command/help.ts")).help(() => root)),
    lazyCommand(
      { name: "python", summary: "Not available: see script", hidden: true },
      async () => (await import("./command/python.ts")).python,
    ),
    lazyCommand({ name: "__describe", summary: "Describe collectors for the process that started this one", hidden: true }, async () => ({
      define(parser) {
        parser.argument("[directories...]").option("--setup <json>", "Call check and setup too, with this host");
        return async () => (await import("./plugin/trial-child.ts")).describeForParent(parser.args, parser.opts()["setup"]);
      },
    })),
    lazyCommand({ name: "__complete", summary: "Answer the completion scripts of shells", hidden: true }, async () =>
      (await import("./completion/complete-words.ts")).completeWords(() => root, hasInstalledCollectors),
    ),
    lazyCommand(
      { name: "__commands", summary: "Print what completion needs to know of commands, for the build", hidden: true },
      async () => ({
        define(_, { context }) {
          return async () => {
            const { makeCommandTable } = await import("./completion/command-table.ts");
            process.stdout.write(JSON.stringify(await makeCommandTable(root, context)));
            return 0;
          };
        },
      }),
    ),
  ],
};

async function loadCollectors(request: CollectorRequest) {
  const { builtInCollectors } = await import("../collectors/index.ts");
  const { collectFlagNames } = await import("./cli/collect-flags.ts");
  const { coreSections } = await import("./event/core-sections.ts");
  const plugins = await import("./plugin/load-collectors.ts");
  const host = {
    builtIn: builtInCollectors,
    coreSections: coreSections.map((section) => section.key),
    coreFlags: collectFlagNames(),
    trialCommand: [...ownCommand(), "__describe"],
    warn: log.warn,
  };
  return plugins.loadCollectors(host, request);
}

/** Whether there are collectors of third parties where nobody has to name them. */
async function hasInstalledCollectors(): Promise<boolean> {
  const { directoriesIn, standardDirectories } = await import("./plugin/find-directories.ts");
  return directoriesIn(standardDirectories(process.env["HOME"]), false).length > 0;
}

function startWorker(task: unknown): void {
  const worker = new Worker(new URL("./worker.ts", import.meta.url).href, { smol: true });
  // One that cannot start takes no work.
  worker.onerror = (event) => event.preventDefault();
  worker.unref();
  worker.postMessage(task);
}

process.exitCode = await runCli(
  {
    root,
    loadCollectors,
    startWorker,
    openKernel: async () => new (await import("./kernel/kernel.ts")).Kernel(),
    licenses: async () => (await import("./command/licenses/licenses.ts")).licensesText(),
    setLogLevel: (level) => log.setLevel(level),
  },
  process.argv.slice(2),
);
