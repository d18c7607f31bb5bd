import { libc } from "../libbpf/libc.ts";

const mebibyte = 1024 * 1024;
const unit = 4 * mebibyte;
const windowSize = 32 * mebibyte;
/** A file that takes longer for a unit grows too slowly to matter; its pages stay for those who read it next. */
const fastUnitMs = 125;
/** So many units are judged together: one may take long on any disk. */
const judgedUnits = 16;
/** A larger share of the time in which they were written, spent on handing them over: the disk is slower than the file grows. */
const largestShare = 0.6;
/** It is left alone for a while then, each time for twice as long, as data is better off in the page cache than waiting. */
const shortestRest = 16;
const longestRest = 1024;

/** SYNC_FILE_RANGE_WRITE (include/uapi/linux/fs.h): starts to write, and does not wait for it. */
const startWriting = 2;
/** POSIX_FADV_DONTNEED (include/uapi/linux/fadvise.h): clean pages are given back. */
const dontNeed = 4;

/**
 * Keeps a file that grows fast from filling the page cache: its data goes to the disk at once, and pages 32 MiB behind its
 * end are given back, so that the kernel fills the same few pages again and again. A page that it has to find first costs several times as much
 * as the copy into it, above all in a virtual machine whose host gives memory only when it is used, and what other programs
 * have in the page cache stays there. Where the disk does not keep up, data piles up in the page cache as it would without this.
 */
export class PageCacheWindow {
  #next = unit;
  #lastMs: number;
  /** Units handed over since they were judged, how long that took, and since when. */
  #units = 0;
  #handingMs = 0;
  #judgedMs: number;
  #rest = 0;
  #nextRest = shortestRest;
  /** Up to where pages were given back; undefined while the file grows slowly. */
  #givenBack: number | undefined;

  constructor(
    private readonly descriptor: number,
    private readonly now: () => number = () => performance.now(),
    private readonly system: PageCacheCalls = systemCalls,
  ) {
    this.#lastMs = this.#judgedMs = now();
  }

  /** Call it after each write. @param size bytes in the file, all written from its start on */
  wrote(size: number): void {
    if (size < this.#next) return;
    const end = size - (size % unit);
    const from = this.#next - unit;
    this.#next = end + unit;
    const started = this.now();
    const fast = started - this.#lastMs <= (fastUnitMs * (end - from)) / unit;
    this.#lastMs = started;
    if (this.#rest > 0) this.#rest--;
    else if (!fast) this.#givenBack = undefined;
    else if (end > windowSize) this.#handOver(from, end, started);
  }

  #handOver(from: number, end: number, started: number): void {
    if (this.#units === 0) this.#judgedMs = started;
    this.system.startWriting(this.descriptor, from, end - from);
    const now = this.now();
    this.#handingMs += now - started;
    const until = Math.max(0, end - windowSize);
    const since = this.#givenBack ?? Math.max(0, from - windowSize);
    this.system.giveBack(this.descriptor, since, until - since);
    this.#givenBack = until;
    if (++this.#units === judgedUnits) this.#judge(now);
  }

  #judge(now: number): void {
    const slow = this.#handingMs > largestShare * (now - this.#judgedMs);
    if (slow) this.#rest = this.#nextRest;
    this.#nextRest = slow ? Math.min(2 * this.#nextRest, longestRest) : shortestRest;
    this.#units = 0;
    this.#handingMs = 0;
  }
}

/** What {@link PageCacheWindow} asks of the system; offsets and lengths in bytes. Refusals change nothing but the speed. */
export interface PageCacheCalls {
  startWriting(descriptor: number, offset: number, length: number): void;
  giveBack(descriptor: number, offset: number, length: number): void;
}

const systemCalls: PageCacheCalls = {
  startWriting: (descriptor, offset, length) => void libc().sync_file_range(descriptor, offset, length, startWriting),
  giveBack: (descriptor, offset, length) => void libc().posix_fadvise(descriptor, offset, length, dontNeed),
};
