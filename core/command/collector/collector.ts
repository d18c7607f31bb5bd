import { type CommandGroup, lazyCommand } from "../../cli/cli-command.ts";

/** `retis collector`: what collectors there are, and a new one. No part of it needs privilege or touches the kernel. */
export const collector: CommandGroup = {
  name: "collector",
  summary: "List, describe and create collectors",
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
  ],
};
