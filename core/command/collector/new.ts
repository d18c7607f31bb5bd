import { join } from "node:path";
import { invalidOption } from "../../base/errors.ts";
import { writeAnswer } from "../../cli/answer.ts";
import type { CommandBody } from "../../cli/cli-command.ts";
import { coreSections } from "../../event/core-sections.ts";
import type { LoadedCollector } from "../../api/loaded-collector.ts";
import { writeCollectorTemplate } from "./template.ts";

const kebabCase = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** Names become parts of C identifiers and of options; longer ones help nobody. */
const longestName = 40;

/** `retis collector new NAME [DIRECTORY]`: a collector that builds and runs as it is. */
export const collectorNew: CommandBody = {
  define(parser, { context }) {
    parser
      .argument("<name>", "Name of the collector, e.g. my-collector")
      .argument("[directory]", "Directory to create (default: the name)");
    return async () => {
      const [name = "", directory = name] = parser.args;
      assertUsable(name, await context.loadCollectors({ directories: [], paths: [], names: [], quiet: true }));
      writeCollectorTemplate(name, directory);
      writeAnswer(nextSteps(name, directory));
      return 0;
    };
  },
};

/** Throws INVALID_OPTION for a name that the finished collector could not be loaded with. */
function assertUsable(name: string, loaded: readonly LoadedCollector[]): void {
  const fault = faultOf(name, loaded);
  if (fault !== undefined) throw invalidOption("<name>", name, fault);
}

function faultOf(name: string, loaded: readonly LoadedCollector[]): string | undefined {
  if (!kebabCase.test(name)) return "not lower-case words joined by dashes, e.g. my-collector";
  if (name.length > longestName) return `longer than ${longestName} characters`;
  if (loaded.some(({ collector }) => collector.name === name)) return "a collector of that name exists";
  const sections = [...coreSections, ...loaded.flatMap(({ collector }) => collector.sections)];
  return sections.some(({ key }) => key === name) ? "a section of that name exists" : undefined;
}

/** What to type next; a directory without a slash is distinguished from a name by `./`. */
function nextSteps(name: string, directory: string): string {
  const path = directory.includes("/") ? directory : `./${directory}`;
  return [
    `Created collector ${name} in ${path}. Build, test and run it:`,
    `  make -C ${path}`,
    `  retis collector test ${path}`,
    `  retis collect -c ${path}`,
    `Continue with ${join(path, "README.md")}.`,
    "",
  ].join("\n");
}
