import { type CommandGroup, lazyCommand } from "../../cli/cli-command.ts";

/** `retis profile`: which profiles there are, and what they do. */
export const profile: CommandGroup = {
  name: "profile",
  summary: "List and show profiles",
  commands: [
    lazyCommand(
      { name: "list", summary: "List built-in profiles and those found in profile directories" },
      async () => (await import("./list.ts")).profileList,
    ),
    lazyCommand({ name: "show", summary: "Print a profile" }, async () => (await import("./show.ts")).profileShow),
  ],
};
