/** A timer that never fires, and is cancelled when the wall clock is set or the machine wakes up (timerfd_create(2)). */
import { closeSync, readSync } from "node:fs";
import { addressOf, libc } from "./libc.ts";

const CLOCK_REALTIME = 0;
/** O_NONBLOCK and O_CLOEXEC, the same on all architectures that we are built for. */
const TFD_FLAGS = 0o4000 | 0o2000000;
const TFD_TIMER_ABSTIME = 1;
const TFD_TIMER_CANCEL_ON_SET = 2;
/** Seconds since 1970: in 4147. */
const never = 68_719_476_735n;

/** Owns the timer. Where the kernel refuses one, {@link descriptor} is -1, which poll(2) ignores. */
export class ClockChangeTimer implements Disposable {
  /** Readable once the clock was set, until {@link acknowledge}. */
  readonly descriptor: number;

  constructor() {
    this.descriptor = libc().timerfd_create(CLOCK_REALTIME, TFD_FLAGS);
    // Interval and first time, each seconds and nanoseconds.
    const times = new BigInt64Array([0n, 0n, never, 0n]);
    if (this.descriptor >= 0) {
      libc().timerfd_settime(this.descriptor, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, addressOf(times), null);
    }
  }

  acknowledge(): void {
    try {
      readSync(this.descriptor, new Uint8Array(8));
    } catch {
      // ECANCELED: that is what was waited for.
    }
  }

  [Symbol.dispose](): void {
    if (this.descriptor >= 0) closeSync(this.descriptor);
  }
}
