/** Holds a third party's collector to the contract before anything of it runs. */
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { apiFault } from "../api/api-range.ts";
import type { Collector } from "../api/collector.ts";
import { conflictingPlugin, faultyPlugin, reasonOf } from "../base/errors.ts";
import { optionFlags } from "../api/option-flag.ts";

/** Names that are taken, by what has them; grows with each collector that is accepted. */
export interface TakenNames {
  readonly collectors: Map<string, string>;
  readonly sections: Map<string, string>;
  readonly flags: Map<string, string>;
}

const kebabCase = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Claims the collector's names; throws CONFLICTING_PLUGIN when one is taken, and then claims none. */
export function claimNames(collector: Collector, owner: string, taken: TakenNames): void {
  const claims = [
    { kind: "the name", names: [collector.name], map: taken.collectors },
    { kind: "the section", names: collector.sections.map((section) => section.key), map: taken.sections },
    { kind: "the option", names: optionFlags(collector).map((option) => option.flag), map: taken.flags },
  ];
  for (const { kind, names, map } of claims) {
    for (const [index, name] of names.entries()) {
      const holder = names.indexOf(name) < index ? "itself" : map.get(name);
      if (holder !== undefined) throw conflictingPlugin(owner, `${kind} "${name}" is already used by ${holder}`);
    }
  }
  for (const { names, map } of claims) for (const name of names) map.set(name, owner);
}

/** The imported value as a collector; throws FAULTY_PLUGIN naming what is wrong with it. */
export function checkCollector(value: unknown, directory: string): Collector {
  const fault = faultOf(value);
  if (fault !== undefined) throw faultyPlugin(directory, fault, { hint: "Its collector.ts needs `export default defineCollector({ … })`" });
  const collector = value as Collector;
  const wrongApi = apiFault(collector);
  if (wrongApi !== undefined)
    throw faultyPlugin(directory, `it ${wrongApi}`, { hint: "Look for a release of the collector for this version of retis" });
  checkOptions(collector, directory);
  return collector;
}

const texts = Type.Array(Type.String(), { expected: "a list of texts" });
const func = Type.Unsafe<unknown>(Type.Function([], Type.Unknown(), { expected: "a function" }));

/** What a collector may declare beside its name, sections and options. */
const declarations = Type.Object({
  args: Type.Optional(
    Type.Record(
      Type.String(),
      Type.Array(
        Type.Union(
          [
            Type.String(),
            Type.Object({ type: Type.String(), name: Type.Optional(Type.String()), position: Type.Optional(Type.Integer({ minimum: 0 })) }),
          ],
          { expected: "a type, or an object with the type and a name or position" },
        ),
        { expected: "a list of types" },
      ),
      { expected: "an object with lists of types" },
    ),
  ),
  kernelTypes: Type.Optional(texts),
  companions: Type.Optional(texts),
  filterRoots: Type.Optional(
    Type.Record(Type.String(), Type.Object({ arguments: Type.Optional(texts), from: Type.Optional(texts) }), {
      expected: "an object with arguments or from",
    }),
  ),
  losses: Type.Optional(Type.Record(Type.String(), Type.String({ expected: "text" }), { expected: "an object with texts" })),
  dropReasons: Type.Optional(
    Type.Array(
      Type.Object({
        subsystem: Type.Union([Type.String(), Type.Integer({ minimum: 1, maximum: 0xffff })], {
          expected: "a name, or a number up to 65535",
        }),
        name: Type.Optional(Type.String({ expected: "text" })),
        enum: Type.Optional(Type.String({ expected: "text" })),
        reasons: Type.Optional(Type.Record(Type.Integer(), Type.String({ expected: "text" }), { expected: "an object with texts" })),
      }),
      { expected: "a list of subsystems" },
    ),
  ),
  sink: Type.Optional(
    Type.Object({ summary: Type.String({ expected: "text" }), begin: func }, { expected: "an object with a summary and a function begin" }),
  ),
  ...Object.fromEntries(["check", "start", "stop", "dropKnowledge", "readerStages"].map((name) => [name, Type.Optional(func)])),
});

const sectionMembers = Type.Object({
  summary: Type.String({ expected: "text" }),
  wire: Type.Optional(Type.String({ expected: "text" })),
  ...Object.fromEntries(["format", "decode", "correlate"].map((name) => [name, Type.Optional(func)])),
});

function faultOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return "its default export is not a collector";
  const { name, summary, sections, setup } = value as Record<string, unknown>;
  if (typeof name !== "string" || !kebabCase.test(name)) return "its name is not kebab-case";
  if (typeof summary !== "string") return "it has no summary";
  if (typeof setup !== "function") return "it has no setup function";
  if (!Array.isArray(sections)) return "its sections are not a list";
  const wrong = Value.Errors(declarations, value).First();
  if (wrong) return `its ${wrong.path.slice(1).replaceAll("/", ".")} is not ${wrong.schema["expected"] ?? wrong.schema.type}`;
  for (const section of sections) {
    const { key, schema } = Object(section) as Record<string, unknown>;
    if (typeof key !== "string" || !kebabCase.test(key)) return "the key of a section is not kebab-case";
    const fault = Value.Errors(sectionMembers, section).First();
    if (fault) return `${fault.path.slice(1)} of section "${key}" is not ${fault.schema["expected"] ?? fault.schema.type}`;
    if (Object(schema).type !== "object") return `the schema of section "${key}" is not an object schema`;
  }
  return undefined;
}

function checkOptions({ options, ...collector }: Collector, directory: string): void {
  const { sink, ...others } = collector;
  if (sink?.options !== undefined) checkOptions({ ...others, options: sink.options }, directory);
  if (options === undefined) return;
  try {
    optionFlags({ ...collector, options });
  } catch (error) {
    throw faultyPlugin(directory, reasonOf(error));
  }
  const fault = Value.Errors(options, Value.Default(options, {})).First();
  if (fault) throw faultyPlugin(directory, `invalid default of option "${fault.path.slice(1)}": ${fault.message}`);
}
