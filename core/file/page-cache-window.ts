import { libc } from "../libbpf/libc.ts";

const mebibyte = 1024 * 1024;
const unit = 4 * mebibyte;
const windowSize = 32 * mebibyte;
/** A file that takes longer for a unit grows too slowly to matter; its pages stay for those who read it next. */
const fastUnitMs = 125;
/** Two units in a row whose hand-over takes so long: the disk is slower than the file grows. */
const slowHandOverMs = 25;
const restUnits = 64;

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
  #slow = 0;
  #rest = 0;

  constructor(
    private readonly descriptor: number,
    private readonly now: () => number = () => performance.now(),
    private readonly system: PageCacheCalls = systemCalls,
  ) {
    this.#lastMs = now();
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
    else if (fast && end > windowSize) this.#handOver(from, end, started);
  }

  #handOver(from: number, end: number, started: number): void {
    this.system.startWriting(this.descriptor, from, end - from);
    this.#slow = this.now() - started < slowHandOverMs ? 0 : this.#slow + 1;
    if (this.#slow < 2) return this.system.giveBack(this.descriptor, from - windowSize, end - from);
    this.#slow = 0;
    this.#rest = restUnits;
  }
}

/** What {@link PageCacheWindow} asks of the system; offsets and lengths in bytes. Refusals change nothing but the speed. */
export interface PageCacheCalls {
  startWriting(descriptor: number, offset: number, length: number): void;
  giveBack(descriptor: number, offset: number, length: number): void;
}

const systemCalls: PageCacheCalls = {
  startWriting: (descriptor, offset, length) => void libc().sync_file_range(descriptor, offset, length, startWriting),
  giveBack: (descriptor, offset, length) => void libc().posix_fadvise(descriptor, Math.max(0, offset), length, dontNeed),
};
