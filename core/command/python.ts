import { noPython } from "../base/errors.ts";
import type { CommandBody } from "../cli/cli-command.ts";

/** `retis python`, known from the original tool: says what is there instead. */
export const python: CommandBody = {
  define(parser) {
    // -h too: who looks for the help of that command is to learn that it is not there.
    parser.argument("[arguments...]").allowUnknownOption().helpOption(false);
    return () => {
      throw noPython();
    };
  },
};
