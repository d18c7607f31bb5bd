import { addressOf, libc } from "../libbpf/libc.ts";

const POLLIN = 1;
const POLLOUT = 4;

/** Longest wait between two checks; a signal to this thread ends it sooner. */
const patienceMs = 50;

/**
 * Waits until reading from a descriptor would not block: there are bytes, or the other end is gone.
 * @param check called again and again; throws to give up
 */
export function waitReadable(fd: number, check: () => void): void {
  waitFor(fd, POLLIN, check);
}

/** Waits until writing to a descriptor would not block, or fails; see {@link waitReadable}. */
export function waitWritable(fd: number, check: () => void): void {
  waitFor(fd, POLLOUT, check);
}

function waitFor(fd: number, events: number, check: () => void): void {
  const pollfd = new DataView(new ArrayBuffer(8));
  pollfd.setInt32(0, fd, true);
  pollfd.setInt16(4, events, true);
  do check();
  while (libc().poll(addressOf(pollfd), 1n, patienceMs) <= 0);
}
