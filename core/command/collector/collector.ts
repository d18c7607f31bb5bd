import type { CommandGroup } from "../../cli/cli-command.ts";
import { collectorList } from "./list.ts";
import { collectorNew } from "./new.ts";
import { collectorShow } from "./show.ts";

/** `retis collector`: what collectors there are, and a new one. No part of it needs privilege or touches the kernel. */
export const collector: CommandGroup = {
  name: "collector",
  summary: "List, describe and create collectors",
  yields: true,
  commands: [collectorList, collectorShow, collectorNew],
};
