import { writeAnswer } from "../../cli/answer.ts";
import type { CommandBody } from "../../cli/cli-command.ts";
import { collectorDirOption, collectorDirRequest } from "../../cli/collector-dir.ts";
import { releaseText } from "../../packed/release.ts";
import type { LoadedCollector } from "../../api/loaded-collector.ts";

/** `retis collector list`: one line for each collector, in processing order. */
export const collectorList: CommandBody = {
  define(parser, { context }) {
    parser.addOption(collectorDirOption());
    return async () => {
      const loaded = await context.loadCollectors(collectorDirRequest(parser));
      const width = Math.max(0, ...loaded.map(({ collector }) => collector.name.length));
      writeAnswer(loaded.map((entry) => `${listLine(entry, width)}\n`).join(""));
      return 0;
    };
  },
};

function listLine({ collector, directory }: LoadedCollector, width: number): string {
  const line = `${collector.name.padEnd(width)}  ${collector.summary}`;
  return directory === undefined ? line : `${line} (${[releaseText(directory), directory].filter(Boolean).join(", ")})`;
}
