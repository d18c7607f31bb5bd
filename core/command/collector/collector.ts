import { type CommandGroup, lazyCommand } from "../../cli/cli-command.ts";

/** `retis collector`: what collectors there are, and what their authors need. No part of it needs privilege. */
export const collector: CommandGroup = {
  name: "collector",
  summary: "List, describe, create, test, pack and install collectors",
  yields: true,
  commands: [
    lazyCommand(
      { name: "list", summary: "List built-in collectors and those found in collector directories" },
      async () => (await import("./list.ts")).collectorList,
    ),
    lazyCommand(
      { name: "show", summary: "Show what a collector reports, and its options" },
      async () => (await import("./show.ts")).collectorShow,
    ),
    lazyCommand(
      { name: "new", summary: "Create the directory of a new collector, ready to build" },
      async () => (await import("./new.ts")).collectorNew,
    ),
    lazyCommand(
      { name: "test", summary: "Test a collector: types, schema, text and golden files, or saved records" },
      async () => (await import("./test.ts")).collectorTest,
    ),
    lazyCommand(
      { name: "docs", summary: "Print the pages for authors: tutorial, testing, hooks, api, stability" },
      async () => (await import("./docs.ts")).collectorDocs,
    ),
    lazyCommand(
      { name: "pack", summary: "Pack a collector into one file, to give to others" },
      async () => (await import("./pack.ts")).collectorPack,
    ),
    lazyCommand(
      { name: "install", summary: "Install a packed collector for everybody on this host" },
      async () => (await import("./install.ts")).collectorInstall,
    ),
    lazyCommand({ name: "remove", summary: "Remove an installed collector" }, async () => (await import("./remove.ts")).collectorRemove),
  ],
};
