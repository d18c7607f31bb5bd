import type { CommandGroup } from "../../cli/cli-command.ts";
import { profileList } from "./list.ts";
import { profileShow } from "./show.ts";

/** `retis profile`: which profiles there are, and what they do. */
export const profile: CommandGroup = {
  name: "profile",
  summary: "List and show profiles",
  commands: [profileList, profileShow],
};
