import type { CommandGroup } from "../cli/cli-command.ts";
import { collectorList } from "./collector-list.ts";
import { collectorShow } from "./collector-show.ts";

/** `retis collector`: what collectors there are. Describing them needs no privilege and touches no kernel. */
export const collector: CommandGroup = {
  name: "collector",
  summary: "List and describe collectors",
  yields: true,
  commands: [collectorList, collectorShow],
};
