/**
 * Network namespaces, entered for a moment (setns(2)). Only the calling thread changes its namespace, and nothing else of it
 * runs before it is back. Kept here as this directory alone calls C.
 */
import { closeSync, fstatSync, openSync } from "node:fs";
import { kernelNow } from "./clock.ts";
import { addressOf, errnoName, lastErrno, libc } from "./libc.ts";

const CLONE_NEWNET = 0x4000_0000;
/** include/linux/socket.h, include/uapi/asm-generic/socket.h */
const AF_UNIX = 1;
const AF_NETLINK = 16;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
/** Linux 5.14 */
const SO_NETNS_COOKIE = 71;

/** Longest wait for an answer of the kernel, which comes with the call that sends the message. */
const answerSeconds = 2n;
const largestAnswer = 32_768;

/** Inode times come from the coarse clock, which is late by up to a tick; the slowest has HZ=100. */
const tickNs = 10_000_000n;

/** Namespace of this process, which keeps it alive: its number is not given to another one meanwhile. */
let own: { readonly descriptor: number; readonly inode: number } | undefined;

function ownNamespace(): NonNullable<typeof own> {
  if (own === undefined) {
    const descriptor = openSync("/proc/thread-self/ns/net", "r");
    own = { descriptor, inode: fstatSync(descriptor).ino };
  }
  return own;
}

/** A network namespace while it is open. */
export class NetworkNamespace implements Disposable {
  readonly inode: number;
  /** SO_NETNS_COOKIE; undefined before Linux 5.14, and where the namespace cannot be entered. */
  readonly cookie: bigint | undefined;
  /** Nanoseconds of {@link kernelNow}: since then the number has been this namespace's for certain. */
  readonly since: bigint;
  readonly descriptor: number;

  private constructor(descriptor: number) {
    this.descriptor = descriptor;
    const { ino, ctimeNs } = fstatSync(descriptor, { bigint: true });
    this.inode = Number(ino);
    this.since = this.#isOwn ? 0n : changedAt(ctimeNs);
    this.cookie = this.#readCookie();
  }

  /** Opens the namespace that a file of nsfs leads to; undefined when there is none, or it may not be opened. */
  static open(path: string): NetworkNamespace | undefined {
    let descriptor: number;
    try {
      descriptor = openSync(path, "r");
    } catch {
      return undefined;
    }
    try {
      return new NetworkNamespace(descriptor);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  get #isOwn(): boolean {
    return this.inode === ownNamespace().inode;
  }

  /**
   * Sends a message of netlink(7) from within, and receives one.
   * @throws Error naming the call that failed
   */
  netlink(protocol: number, message: Uint8Array): Uint8Array {
    const socket = this.#socket(AF_NETLINK, SOCK_RAW, protocol);
    try {
      const { setsockopt, send, recv } = libc();
      const timeout = new BigInt64Array([answerSeconds, 0n]);
      required("setsockopt", setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, addressOf(timeout), timeout.byteLength));
      required("send", Number(send(socket, addressOf(message), BigInt(message.byteLength), 0)));
      const answer = new Uint8Array(largestAnswer);
      return answer.subarray(0, required("recv", Number(recv(socket, addressOf(answer), BigInt(largestAnswer), 0))));
    } finally {
      closeSync(socket);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.descriptor);
  }

  #readCookie(): bigint | undefined {
    let socket: number;
    try {
      socket = this.#socket(AF_UNIX, SOCK_DGRAM, 0);
    } catch {
      return undefined;
    }
    try {
      const value = new BigUint64Array(1);
      const length = new Uint32Array([value.byteLength]);
      return libc().getsockopt(socket, SOL_SOCKET, SO_NETNS_COOKIE, addressOf(value), addressOf(length)) === 0 ? value[0] : undefined;
    } finally {
      closeSync(socket);
    }
  }

  /** A socket of this namespace; it stays there when the thread is back. */
  #socket(family: number, type: number, protocol: number): number {
    const { setns, socket } = libc();
    if (this.#isOwn) return required("socket", socket(family, type | SOCK_CLOEXEC, protocol));
    required("setns", setns(this.descriptor, CLONE_NEWNET));
    const made = socket(family, type | SOCK_CLOEXEC, protocol);
    const errno = lastErrno();
    // What would run in a foreign namespace from here on must not run.
    if (setns(ownNamespace().descriptor, CLONE_NEWNET) < 0) process.abort();
    if (made < 0) throw new Error(`socket: ${errnoName(errno)}`);
    return made;
  }
}

/** A time of an inode by the clock of events. After a clock step back it seems to be later than now: now counts. */
function changedAt(ctimeNs: bigint): bigint {
  const now = kernelNow();
  const since = now - (BigInt(Date.now()) * 1_000_000n - ctimeNs) + tickNs;
  return since > now ? now : since;
}

function required(call: string, result: number): number {
  if (result < 0) throw new Error(`${call}: ${errnoName(lastErrno())}`);
  return result;
}
