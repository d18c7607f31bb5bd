/** Waits in the kernel for several descriptors at once (poll(2)). */
import { addressOf, libc } from "./libc.ts";

const POLLIN = 1;
/** `struct pollfd`: int fd, short events, short revents. */
const entryBytes = 8;
const reventsOffset = 6;
/** A time-out below 0 is none; so is one that does not fit into an int. */
const forever = -1;
const longestMs = 0x7fffffff;

export class DescriptorWait {
  readonly #fds: readonly number[];
  readonly #entries: DataView;

  /** @param fds descriptors that can be polled; they stay the caller's */
  constructor(fds: readonly number[]) {
    this.#fds = fds;
    this.#entries = new DataView(new ArrayBuffer(fds.length * entryBytes));
    for (const [index, fd] of fds.entries()) {
      this.#entries.setInt32(index * entryBytes, fd, true);
      this.#entries.setInt16(index * entryBytes + 4, POLLIN, true);
    }
  }

  /**
   * Blocks this thread until one of the descriptors can be read or the time is over; a signal ends it early.
   * @param milliseconds rounded up; infinite for no limit
   * @returns the descriptors that can be read, or have failed
   */
  wait(milliseconds: number): readonly number[] {
    const timeout = milliseconds > longestMs ? forever : Math.ceil(Math.max(0, milliseconds));
    if (libc().poll(addressOf(this.#entries), BigInt(this.#fds.length), timeout) <= 0) return [];
    return this.#fds.filter((_, index) => this.#entries.getInt16(index * entryBytes + reventsOffset, true) !== 0);
  }
}
