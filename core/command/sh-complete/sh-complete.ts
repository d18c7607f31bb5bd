import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Option } from "commander";
import { scriptNotWritten } from "../../base/errors.ts";
import { writeExactAnswer } from "../../cli/answer.ts";
import type { CommandBody } from "../../cli/cli-command.ts";
import bash from "./template/bash.template" with { type: "text" };
import fish from "./template/fish.template" with { type: "text" };
import zsh from "./template/zsh.template" with { type: "text" };

/** Scripts by shell, and the names under which shells look for them. */
const scripts = {
  bash: { text: bash, file: "retis.bash" },
  zsh: { text: zsh, file: "_retis" },
  fish: { text: fish, file: "retis.fish" },
} as const;

interface Flags {
  readonly shell: keyof typeof scripts;
  readonly register?: string;
}

/** `retis sh-complete`: prints or installs the completion script of a shell. */
export const shComplete: CommandBody = {
  define(parser) {
    parser
      .addOption(new Option("--shell <shell>", "Shell").choices(Object.keys(scripts)).makeOptionMandatory())
      .option("--register <path>", "Write the script to this file, or to this directory under its usual name");
    return () => {
      const { shell, register } = parser.opts<Flags>();
      const { text, file } = scripts[shell];
      if (register === undefined) writeExactAnswer(text);
      else install(text, register, file);
      return 0;
    };
  },
};

function install(text: string, path: string, usualName: string): void {
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const target = isDirectory ? join(path, usualName) : path;
  try {
    writeFileSync(target, text);
  } catch (error) {
    throw scriptNotWritten(target, error);
  }
}
