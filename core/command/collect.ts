import type { CommandBody } from "../cli/cli-command.ts";
import { defineCollect } from "../cli/parse-collect.ts";

/** `retis collect`: options in, one collection, exit status out. */
export const collect: CommandBody = {
  async define(parser, invocation) {
    const read = await defineCollect(parser, invocation);
    return async () => {
      const { options, collectors, sink } = await read();
      // Loaded only now, so that no other command pays for the engine.
      const { runCollect } = await import("../run/collect.ts");
      return runCollect(options, collectors, sink);
    };
  },
};
