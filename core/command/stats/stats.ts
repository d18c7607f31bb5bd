import { Option } from "commander";
import { writeJsonAnswer, writeTextAnswer } from "../../cli/answer.ts";
import type { CommandBody } from "../../cli/cli-command.ts";
import { collectorDirOption, usedCollectorOption, usedCollectorRequest } from "../../cli/collector-dir.ts";
import { parseCount, parseDuration } from "../../cli/option-values.ts";
import { coreSections } from "../../event/core-sections.ts";
import { dropClassifier, eventClassifier } from "../../output/drop-classes.ts";
import { countedSections, fileStatistics } from "../../stats/file-statistics.ts";
import { ReaderStages } from "../../stages/reader-stages.ts";
import { stagedReader } from "../../stages/staged-reader.ts";
import { usedCollectors } from "../file-collectors.ts";
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
      .addOption(collectorDirOption())
      .addOption(usedCollectorOption())
      .option("--json", "Print as JSON");
    return async () => {
      const flags = parser.opts<{ top: number; interval?: number; json?: true }>();
      const request = usedCollectorRequest(parser);
      const used = await usedCollectors(context, request);
      const classOf = eventClassifier(await dropClassifier(used));
      const stages = await ReaderStages.of(used, "statistics", used);
      // Other sections than those of core never have to give bytes, so that their collectors are not needed for reading.
      const sections = [...coreSections, ...used.flatMap((collector) => collector.sections)];
      const reader = openInput(parser.args[0], sections, { visited: true, ...(!stages.any && { sections: countedSections }) });
      try {
        const statistics = fileStatistics(stagedReader(reader, stages), { ...flags, classOf });
        if (flags.json) writeJsonAnswer(statsJson(statistics));
        else writeTextAnswer(statsText(statistics));
        return Math.max(stages.report(), reportReadErrors(reader));
      } finally {
        reader.close();
      }
    };
  },
};
