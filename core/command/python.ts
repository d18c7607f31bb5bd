import { noPython } from "../base/errors.ts";
import type { CommandBody } from "../cli/cli-command.ts";

/** `retis python`, known from the original tool: says what is there instead. */
export const python: CommandBody = {
  define(parser) {
    parser.argument("[arguments...]").allowUnknownOption();
    return () => {
      throw noPython();
    };
  },
};
