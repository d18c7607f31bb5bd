import { TempFile } from "../file/temp-file.ts";
import { RecordRun, RunMerger } from "./run-merger.ts";
import { sortedOrder } from "./sorted-order.ts";
import type { RecordLayout, SortedRecords } from "./sorted-records.ts";

const firstCapacity = 1024;
/** Room that is not used takes no memory, but what was outgrown does until it is collected. */
const growth = 4;

/**
 * Sorts any number of records: those that do not fit into memory are put down in sorted runs, which are merged in the
 * end. Records that are nearly in order, as those of a recording are, take about linear time.
 */
export class RecordSorter {
  /** Records that wait to be sorted; see {@link reserve}. */
  records: Uint32Array;
  readonly #layout: RecordLayout;
  readonly #limit: number;
  #count = 0;
  #scratch: TempFile | undefined;
  readonly #runs: { readonly position: number; readonly records: number }[] = [];

  /** @param limit records kept in memory, at least 1 */
  constructor(layout: RecordLayout, limit: number) {
    this.#layout = layout;
    this.#limit = limit;
    this.records = new Uint32Array(Math.min(limit, firstCapacity) * layout.words);
  }

  /** Index into `records` at which the caller writes the next record's words, all of them. May throw SCRATCH_WRITE. */
  reserve(): number {
    const { words } = this.#layout;
    if ((this.#count + 1) * words > this.records.length) this.#makeRoom();
    return this.#count++ * words;
  }

  /** All records in order; nothing can be added any more. May throw SCRATCH_WRITE. */
  sorted(): SortedRecords {
    if (this.#scratch === undefined) return new RecordsInMemory(this.records, this.#order(), this.#layout.words);
    this.#spill();
    this.records = new Uint32Array(0);
    const scratch = this.#scratch;
    return new RunMerger(
      this.#runs.map(({ position, records }) => new RecordRun(scratch, this.#layout, { position, records, runs: this.#runs.length })),
      this.#layout,
    );
  }

  /** Gives up what it holds; closing twice is fine. */
  close(): void {
    this.#scratch?.close();
    this.records = new Uint32Array(0);
  }

  #order(): Uint32Array {
    return sortedOrder(this.records, this.#count, this.#layout);
  }

  #makeRoom(): void {
    const { words } = this.#layout;
    if (this.#count >= this.#limit) return this.#spill();
    const larger = new Uint32Array(Math.min(this.#limit, this.#count * growth) * words);
    larger.set(this.records);
    this.records = larger;
  }

  /** Adds what is in memory to the file, as one sorted run. */
  #spill(): void {
    if (this.#count === 0) return;
    const { words } = this.#layout;
    const { records } = this;
    this.#scratch ??= new TempFile();
    const position = this.#scratch.size;
    const batch = new Uint32Array(Math.min(this.#count, 4096) * words);
    let filled = 0;
    const order = this.#order();
    for (let i = 0; i < order.length; i++) {
      const from = order[i]! * words;
      for (let word = 0; word < words; word++) batch[filled++] = records[from + word]!;
      if (filled === batch.length || i === order.length - 1) {
        this.#scratch.append(new Uint8Array(batch.buffer), 0, filled * batch.BYTES_PER_ELEMENT);
        filled = 0;
      }
    }
    this.#runs.push({ position, records: this.#count });
    this.#count = 0;
  }
}

class RecordsInMemory implements SortedRecords {
  at = 0;
  #next = 0;

  constructor(
    readonly words: Uint32Array,
    private readonly order: Uint32Array,
    private readonly size: number,
  ) {}

  next(): boolean {
    if (this.#next === this.order.length) return false;
    this.at = this.order[this.#next++]! * this.size;
    return true;
  }
}
