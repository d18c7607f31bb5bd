import { noPython } from "../base/errors.ts";
import type { LeafCommand } from "../cli/cli-command.ts";

/** `retis python`, known from the original tool: says what is there instead. */
export const python: LeafCommand = {
  name: "python",
  summary: "Not available: see script",
  hidden: true,
  define(parser) {
    parser.argument("[arguments...]").allowUnknownOption();
    return () => {
      throw noPython();
    };
  },
};
