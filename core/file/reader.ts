import type { Event } from "../api/event.ts";
import { reasonOf, TraceError } from "../base/errors.ts";
import { latestLevel } from "./compat.ts";
import type { EventScan } from "./event-scan.ts";
import type { FileHeader, SplitFile } from "./header.ts";
import { type EventVisitor, FileReader, type FileKind, type Item, type ReadOptions as PartReadOptions } from "./file-reader.ts";
import { ReadErrors, type ReadError } from "./read-errors.ts";
import { isRegularFile, partOf, partPath } from "./rotation.ts";

/** How to read. */
export interface ReadOptions extends PartReadOptions {
  /** Go on with the following parts of a rotated file (`NAME..`). */
  readonly follow?: boolean;
}

/**
 * Opens an event file of either form, compressed or not; `-` is standard input, and pipes work too.
 *
 * @throws TraceError `FILE_READ`, `FILE_FORMAT` (not an event file; says what it is instead) or `FILE_VERSION`
 */
export function openEventFile(path: string, options: ReadOptions = {}): EventReader {
  return new EventReader(path, options);
}

/** Reads events in batches, within bounded memory. Damage never throws: see `readErrors`. */
export class EventReader {
  /** Of the first part; `-` for standard input. */
  readonly path: string;
  readonly kind: FileKind;
  readonly form: "cbor" | "json";
  /** Header of the first part. Startup events, one for each part, are delivered among the events. */
  readonly header: FileHeader;
  readonly #readErrors = new ReadErrors();
  readonly #options: ReadOptions;
  readonly #base: string | undefined;
  #part: FileReader | undefined;
  #partId = 0;

  constructor(path: string, options: ReadOptions) {
    this.#options = options;
    this.path = path;
    const part = new FileReader(path, this.#readErrors, options);
    this.#part = part;
    this.kind = part.kind;
    this.form = part.form;
    this.header = part.header;
    this.#base = options.follow && part.kind === "events" ? this.#followedBase(part) : undefined;
  }

  /** What could not be read so far; the first hundred. */
  get readErrors(): readonly ReadError[] {
    return this.#readErrors.kept;
  }

  /** Number of read errors so far. */
  get readErrorCount(): number {
    return this.#readErrors.count;
  }

  /** The next events, none from time to time; undefined at the end. The events of a series follow each other. @throws TraceError `FILE_READ` */
  readBatch(): readonly Event[] | undefined {
    const items = this.#readItems();
    if (items === undefined || this.kind === "events") return items as readonly Event[] | undefined;
    return (items as readonly (readonly Event[])[]).flat();
  }

  /** The next series, none from time to time; undefined at the end. In an unsorted file each event is alone. @throws TraceError `FILE_READ` */
  readSeriesBatch(): readonly (readonly Event[])[] | undefined {
    const items = this.#readItems();
    if (items === undefined || this.kind === "series") return items as readonly (readonly Event[])[] | undefined;
    return (items as readonly Event[]).map((event) => [event]);
  }

  /** Gives the next events to a visitor; false at the end. For files opened to be visited. @throws TraceError `FILE_READ` */
  visit(visitor: EventVisitor): boolean {
    while (this.#part) {
      if (this.#part.visit(visitor)) return true;
      this.#advance();
    }
    return false;
  }

  /**
   * The file, when its items can be read from any offset: it is a regular one of the CBOR form that is not compressed, unsorted, in the
   * latest layout, and its first part is being read.
   */
  get seekable(): FileReader | undefined {
    const part = this.#part;
    const isPlain = part?.plain === true && part.form === "cbor" && part.kind === "events" && part.level === latestLevel;
    return isPlain && part.header === this.header ? part : undefined;
  }

  /** Whether {@link scan} can be used: the file holds events, in the latest layout. */
  get canScan(): boolean {
    return this.kind === "events" && this.#part?.level === latestLevel;
  }

  /**
   * Scans the next events instead of decoding them. Use either this or the other methods. Startup events at the start of
   * the parts are not given: `part.header` holds them.
   *
   * @param wanted keys of sections to look for; the same in each call
   * @returns false at the end. @throws TraceError `FILE_READ`
   */
  scan(accept: (scan: EventScan, part: FileReader) => void, wanted: readonly string[] = []): boolean {
    while (this.#part) {
      const part = this.#part;
      if (part.scan((scan) => accept(scan, part), wanted)) return true;
      this.#advance();
    }
    return false;
  }

  /** All events that are left, one by one; closes the file at the end. */
  *events(): Generator<Event, void, undefined> {
    try {
      for (let batch = this.readBatch(); batch !== undefined; batch = this.readBatch()) yield* batch;
    } finally {
      this.close();
    }
  }

  /** Closing twice is fine; nothing can be read afterwards. */
  close(): void {
    this.#part?.close();
    this.#part = undefined;
  }

  #readItems(): readonly Item[] | undefined {
    while (this.#part) {
      const items = this.#part.next();
      if (items !== undefined) return items;
      this.#advance();
    }
    return undefined;
  }

  #advance(): void {
    this.#part = this.#base === undefined ? undefined : this.#nextPart(this.#base);
  }

  /** Base name of the parts, if the file is one and carries the number that it says it has. */
  #followedBase({ path, header }: FileReader): string | undefined {
    const split = header.startup.split_file;
    if (!isSizeSplit(split)) return undefined;
    const part = partOf(path);
    this.#partId = split.id;
    if (part?.id === split.id) return part.base;
    this.#readErrors.add(path, 0, `the file is part ${split.id} of a rotated file, but its name does not say so; no other part was read`);
    return undefined;
  }

  /** Parts follow each other until one is missing; a crash leaves the last one under the bare name. */
  #nextPart(base: string): FileReader | undefined {
    for (;;) {
      const path = partPath(base, this.#partId + 1);
      const isThere = isRegularFile(path);
      if (!isThere && !isRegularFile(base)) return undefined;
      this.#partId++;
      if (!isThere) return this.#openPart(base, "unnumbered");
      const part = this.#openPart(path, "numbered");
      if (part !== undefined) return part;
    }
  }

  #openPart(path: string, naming: "numbered" | "unnumbered"): FileReader | undefined {
    let part: FileReader;
    try {
      part = new FileReader(path, this.#readErrors, this.#options);
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      if (naming === "numbered") this.#readErrors.add(path, 0, `${reasonOf(error)}; the part was left out`);
      return undefined;
    }
    if (this.#belongs(part)) return part;
    part.close();
    if (naming === "numbered") this.#readErrors.add(path, 0, "the file is from another recording and was left out");
    return undefined;
  }

  /** Parts of one recording share command line and clock offset, and know their numbers. */
  #belongs({ kind, header: { startup } }: FileReader): boolean {
    const first = this.header.startup;
    const offset = startup.clock_monotonic_offset;
    return (
      kind === "events" &&
      startup.split_file?.id === this.#partId &&
      startup.cmdline === first.cmdline &&
      offset.sec === first.clock_monotonic_offset.sec &&
      offset.nsec === first.clock_monotonic_offset.nsec
    );
  }
}

function isSizeSplit(split: SplitFile | undefined): split is SplitFile {
  return split?.policy?.kind === "size" && Number.isSafeInteger(split.id);
}
