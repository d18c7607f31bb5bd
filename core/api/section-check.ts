/** Whether what a file has under the name of a section is of the types that the section declares. */
import type { TSchema } from "@sinclair/typebox";
import type { Section } from "./section.ts";
import { compileFunction } from "../base/generated-code.ts";

type Check = (data: object) => boolean;

/** By section key, without prototype: keys come from files. */
export type SectionChecks = Readonly<Record<string, Check | undefined>>;

/**
 * A check for each section, compiled when the first event has it: types only, as the values that an enumeration may have differ between versions.
 * Properties may be absent, except where commands compute with them; those that are not declared may have any type.
 */
export function sectionChecks(sections: readonly Section[]): SectionChecks {
  const checks: Record<string, Check> = Object.create(null);
  for (const { key, schema } of sections)
    checks[key] = (data) => {
      const check = compileCheck(key, schema);
      checks[key] = check;
      return check(data);
    };
  return checks;
}

/** Removes sections of the wrong types from an event, in place; returns their keys. */
export function dropWrongSections(event: Record<string, unknown>, checks: SectionChecks): readonly string[] {
  let dropped: string[] | undefined;
  for (const key in event) {
    const check = checks[key];
    if (check === undefined || check(event[key] as object)) continue;
    delete event[key];
    (dropped ??= []).push(key);
  }
  return dropped ?? none;
}

const none: readonly string[] = [];

/** Sections that commands compute with. Others are only shown, and files of other versions lack properties of theirs. */
export const neededSections: ReadonlySet<string> = new Set(["common", "loss", "startup", "tracking"]);

/** A check that data has all that the section requires, in the types that it declares. */
export function completeCheck({ key, schema }: Section): (data: unknown) => boolean {
  return compileCheck(key, schema, true) as (data: unknown) => boolean;
}

function compileCheck(key: string, schema: TSchema, complete = neededSections.has(key)): Check {
  const code = new CheckCode(complete);
  const result = code.object(schema, "data");
  return compileFunction<Check>(`check-${key}`, ["data"], `${code.functions.join("\n")}\nreturn ${result};`);
}

/** Inclusive ranges of the integer formats; integers of 64 bits may be bigints. */
const ranges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  uint8: [0n, 0xffn],
  uint16: [0n, 0xffffn],
  uint32: [0n, 0xffff_ffffn],
  int32: [-0x8000_0000n, 0x7fff_ffffn],
  uint64: [0n, 0xffff_ffff_ffff_ffffn],
  int64: [-0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn],
};

/** Expressions that are true when the value of another expression has the type of a schema. */
class CheckCode {
  /** Declarations that the expressions need. */
  readonly functions: string[] = [];
  #names = 0;
  readonly #complete: boolean;

  /** @param complete required properties must be there */
  constructor(complete: boolean) {
    this.#complete = complete;
  }

  object(schema: TSchema, value: string): string {
    const required: readonly string[] = schema.required ?? [];
    const properties = Object.entries((schema.properties ?? {}) as Record<string, TSchema>).map(([key, property]) =>
      this.#property(property, `o[${JSON.stringify(key)}]`, this.#complete && required.includes(key)),
    );
    const isObject = "typeof o === 'object' && o !== null && !Array.isArray(o) && !(o instanceof Uint8Array)";
    return this.#call("o", [isObject, ...properties].join(" && "), value);
  }

  #property(schema: TSchema, value: string, mandatory: boolean): string {
    const check = this.#type(schema, value);
    return mandatory ? check : `(${value} === undefined || ${check})`;
  }

  #type(schema: TSchema, value: string): string {
    if (schema["contentEncoding"] === "base64") return `${value} instanceof Uint8Array`;
    if (schema["const"] !== undefined) return `typeof ${value} === ${JSON.stringify(typeof schema["const"])}`;
    if (Array.isArray(schema["anyOf"])) {
      return `(${(schema["anyOf"] as TSchema[]).map((choice) => this.#type(choice, value)).join(" || ") || "false"})`;
    }
    switch (schema["type"]) {
      case "integer":
        return this.#integer(schema, value);
      case "string":
      case "boolean":
      case "number":
        return `typeof ${value} === "${schema["type"]}"`;
      case "array":
        return this.#array(schema["items"] as TSchema | undefined, value);
      case "object":
        return this.object(schema, value);
      default:
        return "true";
    }
  }

  #integer(schema: TSchema, value: string): string {
    const [least, most] = ranges[String(schema["format"])] ?? (ranges["int64"] as readonly [bigint, bigint]);
    const number = `typeof v === "number" && Math.floor(v) === v && v >= ${least} && v <= ${most}`;
    const bigint = `typeof v === "bigint" && v >= ${least}n && v <= ${most}n`;
    return this.#call("v", most > 0xffff_ffffn ? `(${number}) || (${bigint})` : number, value);
  }

  #array(items: TSchema | undefined, value: string): string {
    const item = items === undefined ? "true" : this.#type(items, "item");
    return this.#call("list", `Array.isArray(list) && list.every((item) => ${item})`, value);
  }

  #call(parameter: string, body: string, value: string): string {
    const name = `check${this.#names++}`;
    this.functions.push(`const ${name} = (${parameter}) => ${body};`);
    return `${name}(${value})`;
  }
}
