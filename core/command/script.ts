import type { LoadedCollector } from "../api/loaded-collector.ts";
import type { Section } from "../api/section.ts";
import { Option, type Command } from "commander";
import { repeatedOption, scriptNotNamed } from "../base/errors.ts";
import { writeAnswer } from "../cli/answer.ts";
import type { CommandBody } from "../cli/cli-command.ts";
import { collectorDirOption, collectorDirRequest } from "../cli/collector-dir.ts";
import { reportError } from "../cli/report-error.ts";
import { coreSections } from "../event/core-sections.ts";
import { eventSchema } from "../event/json-schema.ts";
import type { EventReader } from "../file/reader.ts";
import { findScript, scriptDirectories } from "../script/find-script.ts";
import { runScript, scriptFault } from "../script/run-script.ts";
import type { ScriptInput } from "../script/script-module.ts";
import { scriptTypes } from "../script/script-types.ts";
import { collectorsOfFiles } from "./file-collectors.ts";
import { inputArgument, openInput, reportReadErrors } from "./open-input.ts";

interface ScriptFlags {
  readonly input?: string;
  readonly types?: true;
}

/** `retis script`: a TypeScript file of the user, with the events of a file at hand. */
export const script: CommandBody = {
  define(parser, { context }) {
    defineArguments(parser);
    return async () => {
      const { input, types } = parser.opts<ScriptFlags>();
      const request = { ...collectorDirRequest(parser), sharesStdout: true };
      if (types) {
        const all = await context.loadCollectors(request);
        writeAnswer(scriptTypes(eventSchema(sectionsOf(all))));
        return 0;
      }
      const [name, ...rest] = parser.args;
      if (name === undefined) throw scriptNotNamed();
      const path = findScript(name, scriptDirectories(process.env["HOME"]));
      reportLateFaults(path);
      const given = takeInput(input, rest);
      const sections = sectionsOf(await collectorsOfFiles(context, request, [given.input]));
      await runScript(path, { ...given, sections, open: (file) => openInput(file, sections), report: reportDamage });
      return Number(process.exitCode ?? 0);
    };
  },
};

function sectionsOf(loaded: readonly LoadedCollector[]): readonly Section[] {
  return [...coreSections, ...loaded.flatMap(({ collector }) => collector.sections)];
}

function defineArguments(parser: Command): void {
  parser
    .argument("[file]", "Script: a file, or its name in ~/.config/retis/scripts or /usr/share/retis/scripts")
    .argument("[args...]", "Arguments of the script; -i INPUT directly after FILE is an option of retis")
    .passThroughOptions()
    .addOption(new Option("-i, --input <input>", inputArgument.description))
    .addOption(collectorDirOption())
    .option("--types", "Print the types of events for an editor, and exit");
}

/** `-i INPUT` may also follow the script directly; `--` there keeps the rest for the script. */
function takeInput(input: string | undefined, rest: readonly string[]): Pick<ScriptInput, "input" | "args"> {
  const [first, second] = rest;
  if (first === "--") return { input, args: rest.slice(1) };
  const joined = first?.startsWith("--input=") ? first.slice("--input=".length) : undefined;
  const value = joined ?? (first === "-i" || first === "--input" ? second : undefined);
  if (value === undefined) return { input, args: rest };
  if (input !== undefined) throw repeatedOption("--input");
  return { input: value, args: rest.slice(joined === undefined ? 2 : 1) };
}

/** A script that sets an exit status of its own keeps it. */
function reportDamage(reader: EventReader): void {
  if (reportReadErrors(reader) === 1) process.exitCode ??= 1;
}

/** What a script started may fail after its last line has run. */
function reportLateFaults(path: string): void {
  const report = (error: unknown) => {
    process.stderr.write(reportError(scriptFault(path, error), { usage: "", verbose: false }).text);
    process.exit(1);
  };
  process.on("uncaughtException", report);
  process.on("unhandledRejection", report);
}
