import { writeJsonAnswer } from "../cli/answer.ts";
import type { CommandBody } from "../cli/cli-command.ts";
import { collectorDirOption, collectorDirRequest } from "../cli/collector-dir.ts";
import { coreSections } from "../event/core-sections.ts";
import { flatSchema } from "../output/flat-fields.ts";
import { eventSchema } from "../event/json-schema.ts";

/** `retis schema`: the JSON Schema of one event, two-space indented, without a newline at the end. */
export const schema: CommandBody = {
  define(parser, { context }) {
    parser.addOption(collectorDirOption()).option("--flat", "Of the events of --format flat");
    return async () => {
      if (parser.opts()["flat"] === true) {
        writeJsonAnswer(JSON.stringify(flatSchema(), undefined, 2));
        return 0;
      }
      const loaded = await context.loadCollectors(collectorDirRequest(parser));
      const sections = [...coreSections, ...loaded.flatMap(({ collector }) => collector.sections)];
      writeJsonAnswer(JSON.stringify(eventSchema(sections), undefined, 2));
      return 0;
    };
  },
};
