/**
 * What a collector declares, as data: made by a process of its own, so that help, schemas, completion and lists need none of its code.
 */
import { Kind, type TObject, type TSchema } from "@sinclair/typebox";
import type { Collector } from "../api/collector.ts";
import type { DropKnowledge } from "../api/drop-advice.ts";
import type { SinkDeclaration } from "../api/event-sink.ts";
import type { Section } from "../api/section.ts";

type Declared = Pick<
  Collector,
  "name" | "summary" | "options" | "args" | "kernelTypes" | "companions" | "filterRoots" | "losses" | "dropReasons"
>;

/** A collector without its functions; plain data, to be sent as JSON. */
export interface CollectorDescription extends Declared {
  readonly sections: readonly Pick<Section, "key" | "summary" | "schema" | "wire">[];
  readonly sink?: Pick<SinkDeclaration, "summary" | "options">;
  /** It has `dropKnowledge`. */
  readonly explainsDrops: boolean;
}

export function describeCollector(collector: Collector): CollectorDescription {
  const { name, summary, options, args, kernelTypes, companions, filterRoots, losses, dropReasons, sections, dropKnowledge, sink } =
    collector;
  const declared = sections.map(({ key, summary: text, schema, wire }) => ({
    ...{ key, summary: text, schema },
    ...(wire !== undefined && { wire }),
  }));
  return {
    ...{ name, summary },
    ...(options !== undefined && { options }),
    ...(args !== undefined && { args }),
    ...(kernelTypes !== undefined && { kernelTypes }),
    ...(companions !== undefined && { companions }),
    ...(filterRoots !== undefined && { filterRoots }),
    ...(losses !== undefined && { losses }),
    ...(dropReasons !== undefined && { dropReasons }),
    ...(sink !== undefined && { sink: { summary: sink.summary, ...(sink.options !== undefined && { options: sink.options }) } }),
    sections: declared,
    explainsDrops: typeof dropKnowledge === "function",
  };
}

/** A collector of which only the declarations are known. @param load gives the collector itself */
export function describedCollector(description: CollectorDescription, load: () => Promise<Collector>): Collector {
  const { explainsDrops, options, sink, ...declared } = description;
  const notLoaded = () => {
    throw new TypeError(`collector ${description.name} is not loaded`);
  };
  return {
    ...declared,
    ...(options !== undefined && { options: withKinds(options) as TObject }),
    ...(sink !== undefined && { sink: describedSink(sink, notLoaded) }),
    ...(explainsDrops && { dropKnowledge: async () => (await load()).dropKnowledge?.() ?? ({ advice: [] } satisfies DropKnowledge) }),
    check: notLoaded,
    setup: notLoaded,
  };
}

function describedSink({ summary, options }: NonNullable<CollectorDescription["sink"]>, begin: () => never): SinkDeclaration {
  return { summary, begin, ...(options !== undefined && { options: withKinds(options) as TObject }) };
}

const kinds: Readonly<Record<string, string>> = {
  ...{ object: "Object", array: "Array", string: "String", integer: "Integer", number: "Number", boolean: "Boolean", null: "Null" },
};

/** TypeBox checks values by a symbol of each schema, which JSON does not keep. */
function withKinds(schema: TSchema): TSchema {
  const { properties, items, anyOf } = schema as { properties?: Record<string, TSchema>; items?: TSchema; anyOf?: TSchema[] };
  return {
    ...schema,
    ...(properties && { properties: Object.fromEntries(Object.entries(properties).map(([key, each]) => [key, withKinds(each)])) }),
    ...(items && { items: withKinds(items) }),
    ...(anyOf && { anyOf: anyOf.map(withKinds) }),
    [Kind]: kindOf(schema),
  };
}

function kindOf({ const: constant, anyOf, type }: TSchema): string {
  if (constant !== undefined) return "Literal";
  if (anyOf !== undefined) return "Union";
  return kinds[String(type)] ?? "Any";
}
