/** Decodes saved records again, with the present code of core and of the collectors that are given. */
import { Value } from "@sinclair/typebox/value";
import type { Collector, Plan } from "../api/collector.ts";
import type { Event } from "../api/event.ts";
import type { Section } from "../api/section.ts";
import { collectorCannotRun, notARecordsFile, reasonOf, TraceError } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { coreSections } from "../event/core-sections.ts";
import { RecordCodec, type RecordStats } from "../event/record.ts";
import { compileSection, type SectionCodec } from "../event/section-codec.ts";
import { WireBuffer } from "../event/wire-buffer.ts";
import type { RecordedAnswers } from "./answer-log.ts";
import { addressText, addressTexts, lookupQuestion } from "./capture.ts";
import type { SavedRecords } from "./read-records.ts";
import { recordedHost } from "./recorded-host.ts";
import { maxRecordBytes, type RecordedSection } from "./records-format.ts";

type KnownLookups = Pick<Plan, "lookups" | "keyLookups">;

/** Decodes records one by one. */
export class Replay {
  readonly #codec: RecordCodec;
  readonly #records: readonly Uint8Array[];
  readonly #wire = new WireBuffer(new ArrayBuffer(maxRecordBytes));
  /** Sections of the records that none of the collectors declares. */
  readonly unknownSections: readonly string[];

  /**
   * @param collectors whose present code is used
   * @throws TraceError `SECTION_MISMATCH` when a schema does not fit the struct that was recorded, `NOT_RECORDS` when that struct is
   *   damaged, and `COLLECTOR_UNAVAILABLE` when `setup` throws
   */
  constructor({ path, header, answers, records }: SavedRecords, collectors: readonly Collector[]) {
    const plans = new Map(collectors.map((collector) => [collector.name, planOf(collector, header.collectors, answers)]));
    const codecs = new Map<number, SectionCodec>();
    const unknown: string[] = [];
    for (const recorded of header.sections) {
      const section = sectionOf(recorded, collectors);
      if (section === undefined) unknown.push(recorded.key);
      else
        codecs.set(
          recorded.owner,
          compile(path, () => codecOf(recorded, section, plans.get(recorded.collector), answers)),
        );
    }
    const { bytes, size_offset: sizeOffset, owner_offset: ownerOffset } = header.section_header;
    this.#codec = new RecordCodec(codecs, { bytes, sizeOffset, ownerOffset });
    this.#records = records;
    this.unknownSections = unknown;
  }

  /** What could not be decoded so far. */
  get stats(): RecordStats {
    return this.#codec.stats;
  }

  /** The events, in the order of the run; records without any section that can be read are left out, and counted. */
  *events(): IterableIterator<Event> {
    const { u8 } = this.#wire;
    for (const record of this.#records) {
      u8.set(record);
      const event = this.#codec.decode(this.#wire, 0, record.length);
      if (event !== undefined) yield event;
    }
  }
}

function sectionOf({ collector, key }: RecordedSection, collectors: readonly Collector[]): Section | undefined {
  const sections = collector === "core" ? coreSections : (collectors.find(({ name }) => name === collector)?.sections ?? []);
  return sections.find((section) => section.key === key);
}

/** What is no fault of a schema is one of the layouts in the file. */
function compile(path: string, make: () => SectionCodec): SectionCodec {
  try {
    return make();
  } catch (error) {
    if (error instanceof TraceError) throw error;
    throw notARecordsFile(path, `its layouts are damaged: ${reasonOf(error)}`);
  }
}

/** The plan for the options of the recording, by what the host answered then. */
function planOf(collector: Collector, recorded: SavedRecords["header"]["collectors"], answers: RecordedAnswers): KnownLookups {
  const used = recorded.find(({ name }) => name === collector.name);
  if (used === undefined) return {};
  const options = collector.options ? (Value.Default(collector.options, { ...used.options }) as Record<string, unknown>) : {};
  try {
    const plan = collector.setup(recordedHost(answers), options);
    const known = <A extends readonly unknown[], R>([name, lookup]: readonly [string, (...args: A) => R]) =>
      [
        name,
        (...args: A) => presentOrRecorded(lookup, args, () => answers.get(lookupQuestion(collector.name, name), ...args) as R),
      ] as const;
    return {
      lookups: Object.fromEntries(Object.entries(plan.lookups ?? {}).map(known)),
      keyLookups: Object.fromEntries(Object.entries(plan.keyLookups ?? {}).map(known)),
    };
  } catch (error) {
    throw collectorCannotRun(collector.name, `setup throws: ${reasonOf(error)}`, { cause: error });
  }
}

/** What the present code answers; where it cannot, as it lacks what only the run knew, what was answered then. */
function presentOrRecorded<A extends readonly unknown[], R>(lookup: (...args: A) => R, args: A, recorded: () => R): R {
  try {
    const answer = lookup(...args);
    if (answer !== undefined) return answer;
  } catch (error) {
    const known = recorded();
    if (known === undefined) throw error;
    return known;
  }
  return recorded();
}

function codecOf(
  { collector, layout }: RecordedSection,
  section: Section,
  plan: KnownLookups = {},
  answers: RecordedAnswers,
): SectionCodec {
  const location = (address: bigint) => textOf(answers.get("location", addressText(address))) ?? `0x${address.toString(16)}`;
  const { lookups = {}, keyLookups = {} } = plan;
  const enums = (name: string) => recordedHost(answers).kernel.enumValues(name);
  const source = { section, collector, layout, locations: location, enums };
  if (collector !== "core") return compileSection({ ...source, lookups, keyLookups });
  return compileSection({ ...source, lookups: coreLookups(answers), frames: framesOf(answers) });
}

function coreLookups(answers: RecordedAnswers) {
  return {
    symbol: (id: number) => textOf(answers.get("symbol", id)) ?? `probe ${id}`,
    probe_type: (id: number) => textOf(answers.get("probe_type", id)) ?? "unknown",
    path: (id: number) => textOf(answers.get("path", id)) ?? "unknown",
  };
}

function framesOf(answers: RecordedAnswers) {
  return (words: Uint32Array, at: number, count: number) => {
    const addresses = addressTexts(words, at, count);
    const texts = answers.get("frames", ...addresses);
    if (Array.isArray(texts)) return texts.map(String);
    log.debug(`No texts in the recording for the stack ${addresses.join(" ")}`);
    return addresses.map((address) => `0x${address}`);
  };
}

function textOf(answer: unknown): string | undefined {
  return typeof answer === "string" ? answer : undefined;
}
