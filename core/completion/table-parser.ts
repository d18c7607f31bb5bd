/** The table of commands in the executable (command-table.ts), and parsers made of it, as far as completion looks at them. */
import { Argument, type Command, Option } from "commander";
import type { OptionValue } from "../api/option-flag.ts";
import type { Candidate } from "../cli/cli-command.ts";
import type { ArgumentReader } from "../probe/targets.ts";
import { collects, createParser, takesSink } from "../cli/parser.ts";

export interface TableOption {
  readonly flags: string;
  readonly description: string;
  readonly choices?: readonly string[];
  readonly repeatable: boolean;
  /** See `takesSink`. */
  readonly sink: boolean;
}

export interface TableCommand {
  readonly options: readonly TableOption[];
  readonly arguments: readonly { readonly name: string; readonly variadic: boolean }[];
  /** The command itself says what its arguments can be. */
  readonly candidates: boolean;
}

export interface CommandTable {
  /** By the command as it is typed, e.g. `retis collector show`. */
  readonly commands: Readonly<Record<string, TableCommand>>;
  /** The built-in collectors. */
  readonly collectors: readonly Candidate[];
  /** What they read at probes. */
  readonly readers: readonly ArgumentReader[];
  /** Of the options of collectors that have choices, by flag. */
  readonly values: Readonly<Record<string, { readonly choices: readonly OptionValue[]; readonly list: boolean }>>;
}

/** Put in place of the name by build.ts. */
declare const RETIS_COMMANDS: string | undefined;

/** The table; undefined when this runs from its sources. */
export function builtInTable(): CommandTable | undefined {
  return typeof RETIS_COMMANDS === "undefined" ? undefined : (JSON.parse(RETIS_COMMANDS) as CommandTable);
}

export function tableParser(path: string, { options, arguments: operands }: TableCommand): Command {
  const parser = createParser(path, "");
  for (const option of options) parser.addOption(asOption(option));
  for (const { name, variadic } of operands) parser.addArgument(new Argument(variadic ? `[${name}...]` : `[${name}]`));
  return parser;
}

function asOption({ flags, description, choices, repeatable, sink }: TableOption): Option {
  const option = new Option(flags, description);
  if (choices !== undefined) option.choices(choices);
  if (repeatable) collects(option, (text) => [text]);
  return sink ? takesSink(option) : option;
}
