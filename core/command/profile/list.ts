import { log } from "../../base/log.ts";
import { writeAnswer } from "../../cli/answer.ts";
import type { CommandBody } from "../../cli/cli-command.ts";
import type { ProfileFile } from "../../profile/profile-library.ts";

const nameWidth = 20;

/** `retis profile list`: the profiles of each file in the search path, then the shipped ones; a bad file is a warning. */
export const profileList: CommandBody = {
  define(_, { context }) {
    return async () => {
      const files = await context.profiles.library.list();
      for (const problem of files.flatMap((file) => file.problems)) log.warn(problem);
      writeAnswer(
        files
          .filter(({ profiles }) => profiles.length > 0)
          .map(listFile)
          .join(""),
      );
      return 0;
    };
  },
};

function listFile({ source, profiles }: ProfileFile): string {
  const lines = profiles.map(({ name, about }) => `  ${name.padEnd(nameWidth)} ${about}`.trimEnd());
  return [`${source}:`, ...lines, ""].join("\n");
}
