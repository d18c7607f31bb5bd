/** Command-line flags of a collector, from the TypeBox schema of its options. */
import { Kind, type TSchema } from "@sinclair/typebox";
import type { Collector } from "./collector.ts";

export type OptionValue = string | number | boolean;

export interface OptionFlag {
  readonly collector: string;
  /** Property of the options object. */
  readonly property: string;
  /** `--<collector>-<property>` in kebab-case. */
  readonly flag: string;
  readonly type: "boolean" | "string" | "integer" | "number";
  /** The option takes a comma list and may be repeated. */
  readonly list: boolean;
  /** The only values allowed, when the schema names them. */
  readonly choices: readonly OptionValue[] | undefined;
  readonly default: OptionValue | readonly OptionValue[] | undefined;
  readonly description: string;
}

/** The flags of a collector, in the order of its schema. Throws a TypeError for a property that cannot be a flag. */
export function optionFlags(collector: Collector): readonly OptionFlag[] {
  const properties: Record<string, TSchema> = collector.options?.properties ?? {};
  const required = new Set<string>(collector.options?.required ?? []);
  return Object.entries(properties).map(([property, schema]) => {
    if (!(Kind in schema)) throw new TypeError(`option "${property}" was not made with Type`);
    if (required.has(property) && schema.default === undefined) {
      throw new TypeError(`option "${property}" is neither optional nor has a default`);
    }
    return optionFlag(collector.name, property, schema);
  });
}

/** Values of a collector's options when none is given. Throws as {@link optionFlags} does. */
export function defaultOptions(collector: Collector): Readonly<Record<string, unknown>> {
  const flags = optionFlags(collector).filter((flag) => flag.default !== undefined);
  return Object.fromEntries(flags.map((flag) => [flag.property, flag.default]));
}

function optionFlag(collector: string, property: string, schema: TSchema): OptionFlag {
  const list = schema.type === "array";
  const item: TSchema = list ? schema.items : schema;
  const choices = choicesOf(item);
  const type = choices === undefined ? item.type : commonType(choices);
  if (type !== "string" && type !== "integer" && type !== "number" && (type !== "boolean" || list)) {
    throw new TypeError(`option "${property}" is not a string, integer, number, boolean, literal or a list of those`);
  }
  const flag = `--${collector}-${kebabCase(property)}`;
  return { collector, property, flag, type, list, choices, default: schema.default, description: schema.description ?? "" };
}

function choicesOf(schema: TSchema): readonly OptionValue[] | undefined {
  if (schema.const !== undefined) return [schema.const];
  if (Array.isArray(schema.enum)) return schema.enum;
  if (!Array.isArray(schema.anyOf)) return undefined;
  return schema.anyOf.map((member: TSchema) => member.const);
}

function commonType(choices: readonly unknown[]): "string" | "number" | undefined {
  if (choices.every((choice) => typeof choice === "string")) return "string";
  return choices.every((choice) => typeof choice === "number") ? "number" : undefined;
}

function kebabCase(property: string): string {
  return property
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replaceAll("_", "-")
    .toLowerCase();
}
