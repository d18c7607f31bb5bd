/**
 * What the BPF side and user space must agree on for one run: owner ids of sections, slots of argument types, and the
 * collectors' constants. All of it is written into global data before load; nothing is fixed at build time.
 */
import type { ArgumentType, ConstantValue } from "../api/collector.ts";
import type { Section } from "../api/section.ts";
import { type KeyLookup, type Lookup, wireOf } from "../api/wire.ts";
import type { StructLayout } from "../api/layout.ts";
import { constantFault, sectionMismatch, tooMany } from "../base/errors.ts";
import type { EnumSource } from "../event/property-context.ts";
import { compileSection, type SectionCodec } from "../event/section-codec.ts";
import type { StackFrames } from "../kernel/stack-frames.ts";
import type { GlobalData } from "../probe/global-data.ts";
import type { ArgumentTypes } from "../probe/probe.ts";
import { argumentSlots } from "../probe/program-types.ts";
import type { RecordedSection } from "../records/records-format.ts";
import type { PlannedCollector } from "./collector-plans.ts";

/** A section that BPF programs send, with the variable that declares it and its number in this run. */
interface WireSection {
  readonly section: Section;
  readonly collector: string;
  readonly variable: string;
  readonly owner: number;
  readonly lookups: Readonly<Record<string, Lookup>>;
  readonly keyLookups: Readonly<Record<string, KeyLookup>>;
  readonly enums: EnumSource;
  /** Where it is not the struct of the hook. */
  readonly layout: StructLayout | undefined;
}

/** A variable of hooks that is set before load. */
interface Variable {
  readonly collector: string;
  readonly name: string;
  readonly value: ConstantValue;
}

/** Owner ids fit a byte; 0 is not an owner. */
const ownerLimit = 255;
/** Types of the slots that the engine resolves for every probe: `RETIS_SLOT_SKB`, `RETIS_SLOT_SOCK`. */
const engineTypes = [["struct sk_buff *"], ["struct sock *"]];

/** Core's own sections name no enums. */
const none: EnumSource = () => undefined;

/** A collector's name as it appears in C. */
function cName(collector: string): string {
  return collector.replaceAll("-", "_");
}

/** @throws TraceError naming the key of the plan */
function setConstant(data: GlobalData, { collector, name, value }: Variable): void {
  try {
    data.setConstant(name, value);
  } catch (error) {
    throw constantFault(collector, name.slice(constantPrefix(collector).length), error);
  }
}

function constantPrefix(collector: string): string {
  return `${cName(collector)}__const_`;
}

export class SectionIds {
  readonly #sections: readonly WireSection[];
  readonly #addresses: Pick<StackFrames, "lookup" | "location">;
  /** Names of third parties' collectors. */
  readonly #foreign: readonly string[];
  readonly #constants: Variable[] = [];
  readonly #argumentVariables: Variable[] = [];
  readonly #lossVariables: Variable[] = [];
  /** What hooks count as lost, by number. */
  readonly lossCauses: readonly { readonly collector: string; readonly reason: string }[];
  /** Accepted types of each argument slot, for the probes' configuration. */
  readonly argumentTypes: ArgumentTypes;

  /**
   * @param core sections of every event, sent under the collector name `core`, and what their properties look up;
   *   types of arguments that filters read, which take the slots right after those of the engine
   * @throws TraceError when there are too many sections or argument types
   */
  constructor(
    core: {
      readonly sections: readonly Section[];
      readonly lookups: Readonly<Record<string, Lookup>>;
      readonly addresses: Pick<StackFrames, "lookup" | "location">;
      readonly filterArguments: ArgumentTypes;
    },
    collectors: readonly PlannedCollector[],
  ) {
    this.#addresses = core.addresses;
    this.#foreign = collectors.filter(({ loaded }) => loaded.directory !== undefined).map(({ loaded }) => loaded.collector.name);
    const sources = [
      { name: "core", sections: core.sections, lookups: core.lookups, keyLookups: {}, layouts: undefined, enums: none },
      ...collectors.map(({ loaded, host, plan, generated }) => ({
        name: loaded.collector.name,
        sections: loaded.collector.sections,
        lookups: plan.lookups ?? {},
        keyLookups: plan.keyLookups ?? {},
        layouts: generated?.layouts,
        enums: (enumName: string) => host.kernel.enumValues(enumName),
      })),
    ];
    this.#sections = sources
      .flatMap(({ sections, ...source }) => sections.map((section) => ({ ...source, section })))
      .filter(({ section }) => section.wire !== undefined)
      .map(({ name, section, lookups, keyLookups, layouts, enums }, index) => ({
        section,
        layout: layouts?.get(section.wire!),
        collector: name,
        lookups,
        keyLookups,
        enums,
        variable: `${cName(name)}__section_${section.wire}`,
        owner: index + 1,
      }));
    if (this.#sections.length > ownerLimit) throw tooMany("sections", ownerLimit);
    this.argumentTypes = this.#assignArguments(core.filterArguments, collectors);
    this.lossCauses = this.#numberLosses(collectors);
    for (const { loaded, plan } of collectors) {
      const collector = loaded.collector.name;
      for (const [name, value] of Object.entries(plan.constants ?? {}))
        this.#constants.push({ collector, name: `${constantPrefix(collector)}${name}`, value });
    }
  }

  /**
   * Writes ids, slots and constants into an instance before it is loaded.
   * @param isComplete whether all hooks of a collector are in the instance: it must have all of its variables then, but for
   *   losses, which may be counted in user space only
   * @throws TraceError naming a missing variable
   */
  configure(data: GlobalData, isComplete: (collector: string) => boolean): void {
    for (const collector of this.#foreign) this.#assertDeclared(collector, data);
    for (const { collector, name, value } of this.#variables()) if (data.has(name) || isComplete(collector)) data.set(name, value);
    for (const constant of this.#constants) if (data.has(constant.name) || isComplete(constant.collector)) setConstant(data, constant);
    for (const { name, value } of this.#lossVariables) if (data.has(name)) data.set(name, value);
  }

  /** @throws TraceError for a section that hooks send and no section of the collector takes */
  #assertDeclared(collector: string, data: GlobalData): void {
    const prefix = `${cName(collector)}__section_`;
    const known = new Set(this.#sections.map(({ variable }) => variable));
    const unknown = data.names().find((name) => name.startsWith(prefix) && !known.has(name));
    if (unknown === undefined) return;
    const wire = unknown.slice(prefix.length);
    throw sectionMismatch(collector, wire, "", `is sent by its hook, and none of its sections has wire: "${wire}"`);
  }

  /**
   * Codecs by owner id, made from the structs' layout in the BTF of the instances that have the section. What no instance
   * of this run has cannot arrive.
   */
  codecs(instances: readonly GlobalData[]): ReadonlyMap<number, SectionCodec> {
    const { lookup: frames, location: locations } = this.#addresses;
    return new Map(
      this.#located(instances).map(({ section, collector, owner, lookups, keyLookups, layout, enums }) => {
        const source = { section, collector, lookups, keyLookups, locations, layout, enums };
        return [owner, compileSection(collector === "core" ? { ...source, frames } : source)];
      }),
    );
  }

  /** Whether events name places in the kernel's code, by the address that a hook sends. */
  get namesLocations(): boolean {
    return this.#sections.some(({ section }) =>
      Object.values(section.schema.properties).some((property) => wireOf(property)?.meaning.kind === "location"),
    );
  }

  /** What those codecs are made from, as data. */
  recorded(instances: readonly GlobalData[]): readonly RecordedSection[] {
    return this.#located(instances).map(({ section: { key }, collector, owner, layout }) => ({ owner, collector, key, layout }));
  }

  /** The sections that an instance has, with their layout in its BTF. */
  #located(instances: readonly GlobalData[]): readonly (WireSection & { readonly layout: StructLayout })[] {
    return this.#sections.flatMap((section) => {
      const data = instances.find((one) => one.has(section.variable));
      return data ? [{ ...section, layout: section.layout ?? data.sectionLayout(section.variable) }] : [];
    });
  }

  #numberLosses(collectors: readonly PlannedCollector[]): SectionIds["lossCauses"] {
    const causes = collectors.flatMap(({ loaded: { collector } }) =>
      Object.entries(collector.losses ?? {}).map(([name, reason]) => ({ collector: collector.name, name, reason })),
    );
    for (const [value, { collector, name }] of causes.entries())
      this.#lossVariables.push({ collector, name: `${cName(collector)}__loss_${name}`, value });
    return causes;
  }

  #variables(): readonly Variable[] {
    const owners = this.#sections.map(({ collector, variable, owner }) => ({ collector, name: variable, value: owner }));
    return [...owners, ...this.#argumentVariables];
  }

  #assignArguments(filterArguments: ArgumentTypes, collectors: readonly PlannedCollector[]): ArgumentTypes {
    const types: (readonly ArgumentType[])[] = [...engineTypes, ...filterArguments];
    for (const { loaded } of collectors) {
      for (const [name, accepted] of Object.entries(loaded.collector.args ?? {})) {
        const collector = loaded.collector.name;
        this.#argumentVariables.push({ collector, name: `${cName(collector)}__arg_${name}`, value: types.length });
        types.push(accepted);
      }
    }
    // The last slot stays empty; the first ones are not the collectors'.
    if (types.length > argumentSlots() - 1) throw tooMany("argument types", argumentSlots() - 1 - engineTypes.length);
    return types;
  }
}
