/** The contract of collectors (core/api/collector.ts), held by every built-in one, the sample and a new one alike. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { TSchema } from "@sinclair/typebox";
import { apiVersion, type Collector, type Host, type Plan, wireOf } from "../../core/api/collector.ts";
import { compileSection } from "../../core/event/section-codec.ts";
import { WireBuffer } from "../../core/event/wire-buffer.ts";
import { defaultOptions, optionFlags } from "../../core/api/option-flag.ts";
import { parseProbe, probeKey } from "../../core/probe/probe-spec.ts";
import { runCommand } from "../support/command.ts";
import { hostsFor } from "./hosts.ts";
import { type HookDeclarations, readHookDeclarations } from "../../core/probe/hook-declarations.ts";
import { loadSubjects } from "./subjects.ts";

setDefaultTimeout(60_000);

const { directory, subjects } = await loadSubjects();
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("the sample and a new collector are among the subjects", () => {
  expect(subjects.map(({ collector }) => collector.name)).toContain("queue");
  expect(subjects.map(({ collector }) => collector.name)).toContain("fresh-one");
});

describe.each(subjects.map((subject) => [subject.collector.name, subject] as const))(
  "%s",
  (name, { collector, directory: pluginDirectory }) => {
    test("says what it is", () => {
      expect(collector.api ?? `${collector.apiVersion}.x`).toBe(`${apiVersion}.x`);
      expect(collector.summary).toMatch(/^[A-Z].*[^.]$/);
      expect(collector.sections.length).toBeGreaterThan(0);
      for (const section of collector.sections) expect(section.summary).toMatch(/^[A-Z].*\.$/);
    });

    test("every property is described and says how it is read", () => {
      const faults = collector.sections.flatMap((section) =>
        section.decode ? [] : schemaFaults(section.key, section.schema, section.wire !== undefined),
      );
      expect(faults).toEqual([]);
    });

    test("every option is a flag with a description", () => {
      for (const { flag, description } of optionFlags(collector)) {
        expect(flag).toStartWith(`--${name}-`);
        expect(description).toMatch(/^[A-Z].*[^.]$/);
      }
    });

    test.each(Object.entries(hostsFor(collector)))("plans a run or says why not on %s", (_, host) => {
      const result = collector.check?.(host, defaultOptions(collector)) ?? { ok: true };
      if (!result.ok) {
        expect(result.reason).toMatch(/[^.]$/);
        return;
      }
      const plan = planOf(collector, host);
      expect(plan.hooks.length).toBeGreaterThan(0);
      const specs = (plan.probes ?? []).map((probe) => parseProbe(typeof probe === "string" ? probe : probe.probe));
      const keys = specs.map(({ type, target }) => probeKey(type, target));
      for (const { at } of plan.hooks) if (at !== "every-probe") expect(keys).toEqual(expect.arrayContaining([...at]));
    });

    test("hooks hold one function each and declare what the collector says", () => {
      const plan = planOf(collector, ableHost(collector));
      const declared = plan.hooks.map(({ object }) => readHookDeclarations(object));
      for (const { hooks } of declared) expect(hooks).toHaveLength(1);
      expect(unique(declared, ({ sections }) => [...sections.keys()])).toEqual(wireNames(collector));
      expect(unique(declared, ({ args }) => args)).toEqual(prefixed(name, "arg", Object.keys(collector.args ?? {})));
      expect(unique(declared, ({ constants }) => constants)).toEqual(prefixed(name, "const", Object.keys(plan.constants ?? {})));
      expect(unique(declared, ({ losses }) => losses)).toEqual(prefixed(name, "loss", Object.keys(collector.losses ?? {})));
    });

    test("sections decode from what the hook sends and give text", () => {
      const plan = planOf(collector, ableHost(collector));
      const layouts = new Map(plan.hooks.flatMap(({ object }) => [...readHookDeclarations(object).sections]));
      for (const section of collector.sections.filter(({ wire }) => wire !== undefined)) {
        const layout = layouts.get(`${cName(name)}__section_${section.wire}`);
        const codec = compileSection({ section, layout, lookups: plan.lookups ?? {}, keyLookups: plan.keyLookups ?? {}, collector: name });
        for (const payload of [zeros, seededBytes(1), seededBytes(2), seededBytes(3)]) {
          const data = codec.decode(new WireBuffer(payload.buffer), 0, layout?.size ?? 0);
          if (data === undefined) continue;
          expect(Object.keys(section.schema.properties)).toEqual(expect.arrayContaining(Object.keys(data)));
          const pieces = section.format?.(data, textContext, { [section.key]: data }) ?? [];
          for (const { at, text } of pieces) {
            expect(at === "head" || Number.isFinite(at)).toBe(true);
            expect([text].flat().every((line) => typeof line === "string")).toBe(true);
          }
        }
      }
    });

    test("importing it starts nothing", async () => {
      const entry =
        pluginDirectory === undefined ? join(import.meta.dir, `../../collectors/${name}/collector.ts`) : `${pluginDirectory}/collector.ts`;
      const { status, stdout, stderr } = await runCommand([process.execPath, `${import.meta.dir}/import-only.ts`, entry]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(JSON.parse(stdout)).toEqual({ opened: [], libbpf: false });
    });
  },
);

const zeros = new Uint8Array(4096);
const plain = (text: string) => text;
const textContext = { linkLayer: true, multiLine: true, paint: { alarm: plain, symbol: plain, dim: plain, address: plain, device: plain } };

/** Bytes that look random and are the same in every run (xorshift32). */
function seededBytes(seed: number): Uint8Array<ArrayBuffer> {
  let state = seed;
  return Uint8Array.from({ length: 4096 }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  });
}

function ableHost(collector: Collector): Host {
  return Object.values(hostsFor(collector))[0]!;
}

/** The plan for default options. */
function planOf(collector: Collector, host: Host): Plan {
  const defaults = optionFlags(collector).flatMap(({ property, default: preset }) => (preset === undefined ? [] : [[property, preset]]));
  return collector.setup(host, Object.fromEntries(defaults));
}

function cName(collector: string): string {
  return collector.replaceAll("-", "_");
}

function prefixed(collector: string, kind: "section" | "arg" | "const" | "loss", names: readonly string[]): readonly string[] {
  return names.map((name) => `${cName(collector)}__${kind}_${name}`).sort();
}

function wireNames({ name, sections }: Collector): readonly string[] {
  return prefixed(
    name,
    "section",
    sections.flatMap(({ wire }) => (wire === undefined ? [] : [wire])),
  );
}

function unique(declared: readonly HookDeclarations[], names: (hook: HookDeclarations) => readonly string[]): readonly string[] {
  return [...new Set(declared.flatMap(names))].sort();
}

/** Paths of properties, groups included, that have no description or no wire annotation. */
/** @param isSent by hooks; what user space makes is not read from a struct */
function schemaFaults(path: string, schema: TSchema, isSent: boolean): readonly string[] {
  const properties: Readonly<Record<string, TSchema>> = schema.properties ?? {};
  return Object.entries(properties).flatMap(([key, property]) => {
    const at = `${path}.${key}`;
    return [
      ...(/^[A-Z]/.test(property.description ?? "") ? [] : [`${at} has no description`]),
      ...(wireOf(property) || !isSent ? [] : [`${at} does not say how it is read`]),
      ...schemaFaults(at, property, isSent),
    ];
  });
}
