import { Option } from "commander";
import { writeJsonAnswer, writeTextAnswer } from "../../cli/answer.ts";
import type { Event } from "../../api/event.ts";
import type { CommandBody } from "../../cli/cli-command.ts";
import { collectorDirRequest } from "../../cli/collector-dir.ts";
import { parseCount, parseDuration } from "../../cli/option-values.ts";
import { coreSections } from "../../event/core-sections.ts";
import { classOfEvent, dropClassifier } from "../../output/drop-classes.ts";
import { countedSections, fileStatistics } from "../../stats/file-statistics.ts";
import { inputArgument, openInput, reportReadErrors } from "../open-input.ts";
import { statsJson, statsText } from "./report.ts";

/** `retis stats`: how many events, drops and losses a file holds, and of what. */
export const stats: CommandBody = {
  define(parser, { context }) {
    const top = new Option("--top <number>", "Number of reasons, devices, functions and flows to list; 0 for all");
    const interval = new Option(
      "--interval <time>",
      "Length of the intervals by which events and drops are counted over time, e.g. 100ms, 1s, 5m (default: about 20 intervals)",
    );
    parser
      .argument(inputArgument.name, inputArgument.description)
      .addOption(top.argParser((text: string) => parseCount("--top", text)).default(10))
      .addOption(interval.argParser((text: string) => parseDuration("--interval", text)))
      .option("--json", "Print as JSON");
    return async () => {
      const flags = parser.opts<{ top: number; interval?: number; json?: true }>();
      const loaded = await context.loadCollectors({ ...collectorDirRequest(parser), onlyRequested: true, quiet: true });
      const classes = await dropClassifier(loaded.map(({ collector }) => collector));
      const classOf = (event: Event) => classOfEvent(event, classes);
      // Other sections than those of core never have to give bytes, so that their collectors are not needed for reading.
      const reader = openInput(parser.args[0], coreSections, { sections: countedSections, visited: true });
      try {
        const statistics = fileStatistics(reader, { ...flags, classOf });
        if (flags.json) writeJsonAnswer(statsJson(statistics));
        else writeTextAnswer(statsText(statistics));
        return reportReadErrors(reader);
      } finally {
        reader.close();
      }
    };
  },
};
