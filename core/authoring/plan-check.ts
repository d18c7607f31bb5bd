/** `setup` with each value that options may have, and whether its plan, the hooks' objects and the sections fit each other. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import kprobeObject from "../../bpf/probe/kprobe.bpf.o" with { type: "file" };
import type { Collector, Plan } from "../api/collector.ts";
import type { Host } from "../api/host.ts";
import type { StructLayout } from "../api/layout.ts";
import { defaultOptions, type OptionFlag, optionFlags } from "../api/option-flag.ts";
import type { Section } from "../api/section.ts";
import { reasonOf, TraceError, unusableHook } from "../base/errors.ts";
import { counted } from "../base/plural.ts";
import { compileSection, type SectionCodec } from "../event/section-codec.ts";
import { type HookDeclarations, readHookDeclarations } from "../probe/hook-declarations.ts";
import { assertContract, hookContract } from "../probe/hook-headers.ts";
import { hookKindOf } from "../probe/slots.ts";
import { planFault } from "../run/check-plan.ts";
import { type Finding, fail, ok, skip } from "./report.ts";

/** A section of the collector, with what is known of it. */
export interface CheckedSection {
  readonly section: Section;
  /** Absent for a section that no hook sends. */
  readonly layout?: StructLayout | undefined;
  /** Absent also where schema and struct do not fit. */
  readonly codec?: SectionCodec | undefined;
}

export interface CheckedPlan {
  readonly findings: readonly Finding[];
  readonly sections: readonly CheckedSection[];
  /** That of default options; undefined when there is none. */
  readonly plan: Plan | undefined;
}

/** What `check` says of this host: whether it can run here does not matter, but that it says so in the right form. */
export function checkHere(collector: Collector, host: Host): Finding {
  const name = "check";
  if (collector.check === undefined) return skip(name, "the collector has none");
  try {
    const result: unknown = collector.check(host, defaultOptions(collector));
    const { ok: able, reason, note } = Object(result) as { readonly ok?: unknown; readonly reason?: unknown; readonly note?: unknown };
    if (able === true) return ok(name, typeof note === "string" ? note : "it can run on this host");
    if (able === false && typeof reason === "string") return skip(name, `it cannot run on this host: ${reason}`);
    return fail(name, "it returned neither { ok: true } nor { ok: false, reason }");
  } catch (error) {
    return error instanceof TraceError && error.code === "NO_BTF"
      ? skip(name, reasonOf(error))
      : fail(name, `it throws: ${reasonOf(error)}`);
  }
}

export function checkPlan(collector: Collector, host: Host): CheckedPlan {
  const { finding, plan } = checkOptions(collector, host);
  const bare = collector.sections.map((section) => ({ section }));
  if (plan === undefined) return { findings: [finding], sections: bare, plan };
  const declared = readObjects(collector, plan);
  if (!Array.isArray(declared)) return { findings: [finding, declared as Finding], sections: bare, plan };
  const sections = checkSections(collector, plan, declared);
  return { findings: [finding, checkNames(collector, plan, declared), sections.finding], sections: sections.checked, plan };
}

/** Values of one option that are tried while the others have their defaults. */
function samplesOf({ type, list, choices, default: preset }: OptionFlag, schema: unknown): readonly unknown[] {
  const { minimum, maximum } = Object(list ? (schema as { items?: unknown }).items : schema) as { minimum?: number; maximum?: number };
  const ends = [minimum, maximum].filter((end) => end !== undefined);
  const plain = { boolean: [true, false], string: ["text"], integer: [1, ...ends], number: [0.5, ...ends] }[type];
  const each =
    choices ?? plain.filter((value) => typeof value !== "number" || (value >= (minimum ?? value) && value <= (maximum ?? value)));
  return [...(preset === undefined ? [] : [preset]), ...(list ? [[], ...each.map((value) => [value])] : each)];
}

function checkOptions(collector: Collector, host: Host): { readonly finding: Finding; readonly plan: Plan | undefined } {
  const check = "options";
  const defaults = defaultOptions(collector);
  const flags = optionFlags(collector);
  const properties: Readonly<Record<string, unknown>> = collector.options?.properties ?? {};
  const tried = [{}, ...flags.flatMap((flag) => samplesOf(flag, properties[flag.property]).map((value) => ({ [flag.property]: value })))];
  let plan: Plan | undefined;
  for (const given of tried) {
    const options = { ...defaults, ...given };
    try {
      const made = collector.setup(host, options);
      const fault = planFault(made);
      if (fault !== undefined) return { finding: fail(check, `${fault}, with ${JSON.stringify(options)}`), plan: undefined };
      plan ??= made;
    } catch (error) {
      if (error instanceof TraceError && error.code === "NO_BTF") return { finding: skip(check, reasonOf(error)), plan: undefined };
      return { finding: fail(check, `setup throws: ${reasonOf(error)}, with ${JSON.stringify(options)}`), plan: undefined };
    }
  }
  return { finding: ok(check, `${counted(flags.length, "option")}, setup called with ${counted(tried.length, "combination")}`), plan };
}

interface DeclaredObject {
  readonly path: string;
  readonly declarations: HookDeclarations;
}

function readObjects({ sections }: Collector, { hooks }: Plan): readonly DeclaredObject[] | Finding {
  const check = "objects";
  if (hooks.length === 0 && sections.every(({ wire }) => wire === undefined)) return [];
  try {
    const entry = hookContract({ name: "kprobe", bytes: readFileSync(kprobeObject) });
    return [...new Set(hooks.map(({ object }) => object))].map((path) => {
      const bytes = readObject(path);
      if (hookKindOf(bytes) === undefined) throw unusableHook(path, "it does not define exactly one hook");
      assertContract({ name: path, bytes }, entry);
      return { path, declarations: readHookDeclarations(path) };
    });
  } catch (error) {
    return fail(check, reasonOf(error));
  }
}

function readObject(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw unusableHook(path, "it cannot be read; compile it first (make)", cause);
  }
}

/** Whether everything that collector and plan name is in the objects. */
function checkNames({ name, sections, args = {}, losses = {} }: Collector, plan: Plan, objects: readonly DeclaredObject[]): Finding {
  const check = "objects";
  if (objects.length === 0) return skip(check, "no hooks");
  const prefix = name.replaceAll("-", "_");
  const has = (kind: "sections" | "constants" | "args" | "losses", variable: string) =>
    objects.some(({ declarations }) => {
      const names = declarations[kind];
      return "has" in names ? names.has(variable) : names.includes(variable);
    });
  const lacking = [
    ...sections
      .filter(({ wire }) => wire !== undefined && !has("sections", `${prefix}__section_${wire}`))
      .map(({ wire }) => `RETIS_SECTION(${prefix}, ${wire}, …)`),
    ...Object.keys(plan.constants ?? {})
      .filter((constant) => !has("constants", `${prefix}__const_${constant}`))
      .map((constant) => `RETIS_CONST(${prefix}, …, ${constant}, …)`),
    ...Object.keys(args)
      .filter((argument) => !has("args", `${prefix}__arg_${argument}`))
      .map((argument) => `RETIS_ARG(${prefix}, ${argument})`),
  ];
  const files = objects.map(({ path }) => basename(path)).join(", ");
  if (lacking.length > 0) return fail(check, [`${files}: not declared by any hook:`, ...lacking].join("\n"));
  const uncounted = Object.keys(losses).filter((loss) => !has("losses", `${prefix}__loss_${loss}`));
  return ok(check, `${files}${uncounted.length > 0 ? `; losses of user space only: ${uncounted.join(", ")}` : ""}`);
}

function checkSections(
  { name, sections }: Collector,
  plan: Plan,
  objects: readonly DeclaredObject[],
): { readonly finding: Finding; readonly checked: readonly CheckedSection[] } {
  const faults: string[] = [];
  const checked = sections.map((section): CheckedSection => {
    if (section.wire === undefined) return { section };
    const variable = `${name.replaceAll("-", "_")}__section_${section.wire}`;
    const layout = objects.map(({ declarations }) => declarations.sections.get(variable)).find((found) => found !== undefined);
    if (layout === undefined) return { section };
    try {
      const { lookups = {}, keyLookups = {} } = plan;
      return { section, layout, codec: compileSection({ section, layout, collector: name, lookups, keyLookups }) };
    } catch (error) {
      faults.push(reasonOf(error));
      return { section, layout };
    }
  });
  if (faults.length > 0) return { finding: fail("schema", faults.join("\n")), checked };
  const structs = checked.flatMap(({ section, layout }) => (layout ? [`${section.key}: struct ${layout.name}, ${layout.size} bytes`] : []));
  const finding = structs.length === 0 ? skip("schema", "no section of a hook") : ok("schema", structs.join("; "));
  return { finding, checked };
}
