/** `--save-records`: what a run has to note so that its records can be decoded again. */
import { machine, release, version } from "node:os";
import type { Plan } from "../api/collector.ts";
import type { Host } from "../api/host.ts";
import type { FrameLookup, LocationLookup, Lookup } from "../api/wire.ts";
import { TraceError } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { counted } from "../base/plural.ts";
import type { SectionHeader } from "../event/record.ts";
import { AnswerLog } from "./answer-log.ts";
import { notingHost } from "./recorded-host.ts";
import {
  type RecordedAnswer,
  type RecordedCollector,
  type RecordedSection,
  type RecordsHeader,
  recordsFormat,
  recordsVersion,
} from "./records-format.ts";
import { RecordsWriter } from "./records-writer.ts";

/** What turns addresses into text. */
interface Addresses {
  readonly lookup: FrameLookup;
  readonly location: LocationLookup;
}

/** What only the whole run knows. */
export interface RunIdentity {
  readonly versionText: string;
  readonly commandLine: string;
  readonly clockOffset: unknown;
}

/** Collects answers from the first question of a run on, and writes them with the records once there is a file. */
export class RecordsCapture {
  readonly #path: string;
  readonly #answers = new AnswerLog((answer) => this.#write(answer));
  /** Answers from before the file was there. */
  #early: RecordedAnswer[] = [];
  #contents: Pick<RecordsHeader, "collectors" | "sections" | "section_header"> | undefined;
  #writer: RecordsWriter | undefined;
  #failure: TraceError | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** The host whose answers are noted. */
  host(host: Host): Host {
    return notingHost(host, this.#answers);
  }

  /** Lookups of core by the id of a probe. */
  lookups(lookups: Readonly<Record<string, (id: number) => string>>): Readonly<Record<string, Lookup>> {
    const noting = ([name, lookup]: readonly [string, (id: number) => string]) =>
      [name, (id: number) => this.#answers.note(name, [id], lookup(id))] as const;
    return Object.fromEntries(Object.entries(lookups).map(noting));
  }

  /** A collector's plan whose lookups are noted: they may know what only the run does. */
  plan(collector: string, plan: Plan): Plan {
    const note = <A extends readonly unknown[], R>([name, lookup]: readonly [
      string,
      ((...args: A) => R) & { readonly volatile?: boolean },
    ]) => {
      const noting = (...args: A) => this.#answers.note(lookupQuestion(collector, name), args, lookup(...args));
      return [name, lookup.volatile === undefined ? noting : Object.assign(noting, { volatile: lookup.volatile })] as const;
    };
    return {
      ...plan,
      ...(plan.lookups && { lookups: Object.fromEntries(Object.entries(plan.lookups).map(note)) }),
      ...(plan.keyLookups && { keyLookups: Object.fromEntries(Object.entries(plan.keyLookups).map(note)) }),
    };
  }

  addresses({ lookup, location }: Addresses): Addresses {
    return {
      lookup: (words, at, count) => this.#answers.note("frames", addressTexts(words, at, count), lookup(words, at, count)),
      location: (address) => this.#answers.note("location", [addressText(address)], location(address)),
    };
  }

  /** What the records of the run are made of. */
  describe(collectors: readonly RecordedCollector[], sections: readonly RecordedSection[], header: SectionHeader): void {
    this.#contents = {
      collectors,
      sections,
      section_header: { bytes: header.bytes, size_offset: header.sizeOffset, owner_offset: header.ownerOffset },
    };
  }

  /** Creates the file. @throws TraceError `FILE_WRITE`, `FILE_IN_USE`, `UNSAFE_OUTPUT` */
  open({ versionText, commandLine, clockOffset }: RunIdentity): void {
    if (this.#contents === undefined) throw new Error("records are saved before it is known what they are made of");
    this.#writer = new RecordsWriter(this.#path, {
      format: recordsFormat,
      version: recordsVersion,
      retis_version: versionText,
      cmdline: commandLine,
      clock_monotonic_offset: clockOffset,
      machine: { kernel_release: release(), kernel_version: version(), hardware_name: machine() },
      ...this.#contents,
    });
    for (const answer of this.#early) this.#writer.answer(answer);
    this.#early = [];
  }

  /** Takes one record; nothing of it is kept. */
  record(bytes: Uint8Array): void {
    this.#guard(() => this.#writer?.record(bytes));
  }

  flush(): void {
    this.#guard(() => this.#writer?.flush());
  }

  /** The first failure of writing; undefined when there was none. */
  get failure(): TraceError | undefined {
    return this.#failure;
  }

  /** Ends the file, and says what is in it. */
  close(): void {
    const writer = this.#writer;
    if (writer === undefined) return;
    this.#guard(() => writer.close());
    if (this.#failure) return;
    log.info(`Saved ${counted(writer.records, "record")} to ${writer.path}`);
    if (writer.refused > 0) log.warn(`${counted(writer.refused, "record")} not saved: ${writer.path} has reached its size limit`);
  }

  #write(answer: RecordedAnswer): void {
    if (this.#writer === undefined) this.#early.push(answer);
    else this.#guard(() => this.#writer?.answer(answer));
  }

  #guard(write: () => void): void {
    if (this.#failure !== undefined) return;
    try {
      write();
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      this.#failure = error;
    }
  }
}

/** What a lookup of a collector's plan is noted as. */
export function lookupQuestion(collector: string, lookup: string): string {
  return `${collector} lookup ${lookup}`;
}

export function addressText(address: bigint): string {
  return address.toString(16);
}

/** Addresses of a stack, given as pairs of words. */
export function addressTexts(words: Uint32Array, at: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => addressText((BigInt(words[at + 2 * i + 1] ?? 0) << 32n) | BigInt(words[at + 2 * i] ?? 0)));
}
