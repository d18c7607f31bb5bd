import { readdirSync } from "node:fs";
import { join } from "node:path";
import { writeAnswer } from "../../cli/answer.ts";
import type { Candidate, CommandBody } from "../../cli/cli-command.ts";
import { installedIn, systemDirectory, uninstall } from "../../packed/installed.ts";

/** `retis collector remove NAME`: takes back what `install` did. */
export const collectorRemove: CommandBody = {
  define(parser) {
    parser
      .argument("<collector>", "Name of a collector that 'retis collector install' installed")
      .option("--collector-dir <dir>", `Directory of collectors that it is in (default: ${systemDirectory})`);
    return () => {
      const parent = parser.opts<{ collectorDir?: string }>().collectorDir ?? systemDirectory;
      const { name, version } = uninstall(parser.args[0]!, parent);
      writeAnswer(`Removed ${name} ${version} from ${parent}\n`);
      return 0;
    };
  },
  candidates: (before) => (before.length === 0 ? installed() : []),
};

function installed(): readonly Candidate[] {
  try {
    const notes = readdirSync(systemDirectory).map((name) => installedIn(join(systemDirectory, name)));
    return notes.flatMap((note) => (note ? [{ value: note.name, description: `${note.version}, from ${note.source}` }] : []));
  } catch {
    return [];
  }
}
