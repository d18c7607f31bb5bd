import { log } from "../../base/log.ts";
import { writeAnswer } from "../../cli/answer.ts";
import type { CommandBody } from "../../cli/cli-command.ts";

/** `retis profile show NAME`: where a profile comes from and how it is written. */
export const profileShow: CommandBody = {
  define(parser, { context }) {
    parser.argument("<profile>", "Name of a profile, or path of its file");
    return async () => {
      const { source, text, warnings } = await context.profiles.library.find(parser.args[0]!);
      for (const warning of warnings) log.warn(warning);
      writeAnswer(`# From: ${source}\n${text}\n`);
      return 0;
    };
  },
};
