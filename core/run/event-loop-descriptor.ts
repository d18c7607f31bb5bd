/**
 * The epoll instance in which Bun's event loop waits for sockets, children, signals and other threads. One epoll instance can be
 * polled like any other descriptor (epoll(7)), so a thread that blocks in the kernel learns that the event loop has something to
 * do. Timers are not in it: Bun passes the time until the next one to epoll_pwait2(2).
 */
import { readdirSync, readlinkSync } from "node:fs";
import { stat } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { DescriptorWait } from "../libbpf/descriptor-wait.ts";

/** Long enough for another thread to look at a file. */
const patienceMs = 20;
const attempts = 5;

function epollInstances(): readonly number[] {
  return readdirSync("/proc/self/fd")
    .map(Number)
    .filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === "anon_inode:[eventpoll]";
      } catch {
        return false; // closed meanwhile: the listing had a descriptor of its own
      }
    });
}

/**
 * Finds it by what it does: of all epoll instances of the process it is the one that becomes readable when another thread has
 * work for this one. Undefined when there is not exactly one such.
 */
export async function eventLoopDescriptor(): Promise<number | undefined> {
  const candidates = epollInstances();
  if (candidates.length === 0) return undefined;
  for (let attempt = 0; attempt < attempts; attempt++) {
    await setImmediate();
    const before = new DescriptorWait(candidates).wait(0);
    const quiet = candidates.filter((fd) => !before.includes(fd));
    if (quiet.length === 0) continue;
    const looked = stat("/");
    const woken = new DescriptorWait(quiet).wait(patienceMs);
    await looked;
    if (woken.length === 1) return woken[0];
  }
  return undefined;
}
