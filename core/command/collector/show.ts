import type { TSchema } from "@sinclair/typebox";
import type { Command } from "commander";
import type { Section } from "../../api/section.ts";
import { unknownCollector } from "../../base/errors.ts";
import { writeAnswer } from "../../cli/answer.ts";
import type { CollectorRequest, CommandBody } from "../../cli/cli-command.ts";
import { collectorDirOption, collectorDirRequest } from "../../cli/collector-dir.ts";
import { isPath } from "../../cli/select-collectors.ts";
import { nearestName } from "../../base/near-names.ts";
import type { LoadedCollector } from "../../api/loaded-collector.ts";
import { optionFlags, type OptionFlag } from "../../api/option-flag.ts";

/** `retis collector show NAME`: sections, kernel arguments and options of one collector. */
export const collectorShow: CommandBody = {
  define(parser, { context }) {
    parser.argument("<collector>", "Name of a collector, or path of its directory").addOption(collectorDirOption());
    return async () => {
      const wanted = parser.args[0]!;
      const loaded = await context.loadCollectors(showRequest(parser, wanted));
      writeAnswer(describe(find(loaded, wanted)));
      return 0;
    };
  },
};

function showRequest(parser: Command, wanted: string): CollectorRequest {
  const request = collectorDirRequest(parser);
  return isPath(wanted) ? { ...request, paths: [wanted] } : { ...request, names: [wanted] };
}

function find(loaded: readonly LoadedCollector[], wanted: string): LoadedCollector {
  const found = loaded.find(({ collector, source }) => (isPath(wanted) ? source === "path" : collector.name === wanted));
  if (found) return found;
  const known = loaded.map(({ collector }) => collector.name);
  throw unknownCollector(wanted, known, nearestName(wanted, known));
}

function describe({ collector, directory }: LoadedCollector): string {
  const blocks = [
    [`${collector.name}: ${collector.summary}`, `From: ${directory ?? "built in"}`],
    titled("Sections:", collector.sections.flatMap(sectionLines)),
    titled("Kernel arguments:", argumentLines(collector)),
    titled("Options:", optionFlags(collector).map(optionLine)),
    sinkLines(collector),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join("\n"))
    .join("\n\n")}\n`;
}

function sinkLines({ name, sink }: LoadedCollector["collector"]): readonly string[] {
  if (sink === undefined) return [];
  const flags = optionFlags({ name, options: sink.options } as LoadedCollector["collector"]);
  const lines = flags.map((flag) => optionLine({ ...flag, flag: flag.flag.slice(`--${name}-`.length) }));
  return titled(`Sink (-o plugin:${name}${flags.length > 0 ? ",OPTION=VALUE" : ""}):`, [sink.summary, ...lines]);
}

function titled(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}

/** The section, and below it a line for each field: its path, type and description. */
function sectionLines({ key, summary, schema }: Section): readonly string[] {
  const fields = fieldsOf(schema);
  const width = Math.max(0, ...fields.map(({ path }) => path.length));
  return [`${key}: ${summary}`, ...fields.map(({ path, type, text }) => `  ${path.padEnd(width)}  ${type.padEnd(7)}  ${text}`)];
}

interface Field {
  /** Dots between levels, `?` at the end of what may be absent. */
  readonly path: string;
  readonly type: string;
  readonly text: string;
}

function fieldsOf(schema: TSchema, parent = ""): readonly Field[] {
  const properties: Readonly<Record<string, TSchema>> = schema.properties ?? {};
  const required: readonly string[] = schema.required ?? [];
  return Object.entries(properties).flatMap(([key, property]) => {
    const path = `${parent}${key}`;
    const field = { path: required.includes(key) ? path : `${path}?`, type: typeName(property), text: property.description ?? "" };
    return [field, ...fieldsOf(property, `${path}.`)];
  });
}

/** `uint32`, `string`, `bytes`, `object`, …: what a reader of the events meets. */
function typeName({ format, contentEncoding, type }: TSchema): string {
  if (contentEncoding !== undefined) return "bytes";
  return String(format ?? type ?? "any");
}

function argumentLines({ args = {}, kernelTypes = [] }: LoadedCollector["collector"]): readonly string[] {
  const named = Object.entries(args).map(([name, types]) => `${name}: ${types.join(" or ")}`);
  return kernelTypes.length === 0 ? named : [...named, `any of: ${kernelTypes.join(", ")}`];
}

function optionLine({ flag, description, choices, default: preset }: OptionFlag): string {
  const values = choices === undefined ? [] : [`values: ${choices.join(", ")}`];
  const defaults = preset === undefined || preset === false || String(preset) === "" ? [] : [`default: ${String(preset)}`];
  const notes = [...values, ...defaults].join("; ");
  return [flag, description, notes === "" ? "" : `(${notes})`].filter((part) => part !== "").join(" ");
}
