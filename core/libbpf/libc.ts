/** The C library calls we need beside libbpf; each opened on first use, which takes a few tens of microseconds. */
import { dlopen, type Pointer, ptr, read } from "bun:ffi";
import { constants } from "node:os";

const declarations = {
  memfd_create: { args: ["cstring", "u32"], returns: "i32" },
  mmap: { args: ["ptr", "u64", "i32", "i32", "i32", "i64"], returns: "ptr" },
  munmap: { args: ["ptr", "u64"], returns: "i32" },
  poll: { args: ["ptr", "u64", "i32"], returns: "i32" },
  fcntl: { args: ["i32", "i32", "i64"], returns: "i32" },
  dup2: { args: ["i32", "i32"], returns: "i32" },
  prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
  clock_gettime: { args: ["i32", "ptr"], returns: "i32" },
  flock: { args: ["i32", "i32"], returns: "i32" },
  getpagesize: { args: [], returns: "i32" },
  syscall: { args: ["i64", "i64", "i64", "i64", "i64", "i64"], returns: "i64" },
  open_by_handle_at: { args: ["i32", "ptr", "i32"], returns: "i32" },
  setns: { args: ["i32", "i32"], returns: "i32" },
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  send: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  timerfd_create: { args: ["i32", "i32"], returns: "i32" },
  timerfd_settime: { args: ["i32", "i32", "ptr", "ptr"], returns: "i32" },
  sync_file_range: { args: ["i32", "i64", "i64", "u32"], returns: "i32" },
  posix_fadvise: { args: ["i32", "i64", "i64", "i32"], returns: "i32" },
  ioctl: { args: ["i32", "u64", "i64"], returns: "i32" },
  vsnprintf: { args: ["ptr", "u64", "ptr", "ptr"], returns: "i32" },
  __errno_location: { args: [], returns: "ptr" },
} as const;

type Libc = ReturnType<typeof dlopen<typeof declarations>>["symbols"];

const symbols = {} as Libc;
for (const [name, declaration] of Object.entries(declarations)) {
  Object.defineProperty(symbols, name, {
    configurable: true,
    get() {
      const value = dlopen("libc.so.6", { [name]: declaration }).symbols[name];
      Object.defineProperty(symbols, name, { value });
      return value;
    },
  });
}

/** The symbols of the C library. */
export function libc(): Libc {
  return symbols;
}

/** `errno` of the calling thread; read it right after the call that failed. */
export function lastErrno(): number {
  return read.i32(libc().__errno_location() as Pointer);
}

const errnoNames = new Map(Object.entries(constants.errno).map(([name, value]) => [value, name]));

/** Name of an errno value (either sign), e.g. `EPERM`; `errno 524` when it has none. */
export function errnoName(errno: number): string {
  const value = Math.abs(errno);
  return errnoNames.get(value) ?? (value === 524 ? "ENOTSUPP" : `errno ${value}`);
}

/** A NUL-terminated copy of `text` that C may read while the caller keeps it. */
export function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`, "utf8");
}

/** Address of a buffer as C sees it. The caller keeps the buffer alive as long as C uses it. */
export function addressOf(bytes: ArrayBufferView): Pointer {
  return ptr(bytes as Uint8Array);
}
