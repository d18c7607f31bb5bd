/** Privileges belong to threads, of which Bun has several; see native/thread-privileges.c. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { privilegesNotGivenUp } from "../base/errors.ts";
import { setFileUser } from "../base/privilege.ts";
import { capabilitiesOf, capabilityMask, type Capability } from "../kernel/capabilities.ts";
import { probeBpfCall } from "../libbpf/bpf-syscall.ts";
import { addressOf, errnoName } from "../libbpf/libc.ts";
import { openLibrary } from "../libbpf/native-library.ts";
import source from "./native/thread-privileges.so" with { type: "file" };
import type { SystemUser } from "./system-user.ts";

const declarations = {
  retis_restrict_threads: { args: ["ptr"], returns: "i32" },
  retis_set_effective: { args: ["u64"], returns: "i32" },
  retis_set_file_user: { args: ["u32", "u32"], returns: "i32" },
} as const;

let opened: ReturnType<typeof open> | undefined;

function open() {
  return openLibrary("thread-privileges.so", source, declarations);
}

function library(): ReturnType<typeof open> {
  return (opened ??= open());
}

/** What every thread is left with. */
export interface Restriction {
  /** Those that this process does not have are not gained. */
  readonly keep: ReadonlySet<Capability>;
  /** The user to become; undefined: the present one. */
  readonly user: SystemUser | undefined;
}

/** Read by the C code through an address, so they stay until the next call. */
let groups = new Uint32Array();

/** `struct wanted` of the C source. */
function request({ keep, user }: Restriction, onlyTry: boolean): Uint8Array {
  groups = Uint32Array.from(user?.groups ?? []);
  const bytes = new Uint8Array(40);
  const view = new DataView(bytes.buffer);
  const ids = [user ? 1 : 0, user?.uid ?? 0, user?.gid ?? 0, groups.length];
  view.setBigUint64(0, capabilityMask(keep), true);
  for (const [index, value] of ids.entries()) view.setUint32(8 + index * 4, value, true);
  view.setBigUint64(24, groups.length === 0 ? 0n : BigInt(addressOf(groups)), true);
  view.setUint32(32, onlyTry ? 1 : 0, true);
  return bytes;
}

function callThreads(restriction: Restriction, onlyTry: boolean): number {
  const result = library().retis_restrict_threads(addressOf(request(restriction, onlyTry)));
  if (result < 0) throw privilegesNotGivenUp(errnoName(result));
  return result;
}

/** Whether all threads can be reached; gives up nothing. @returns how many there are. @throws TraceError `PRIVILEGES` */
export function reachThreads(): number {
  return callThreads({ keep: new Set(), user: undefined }, true);
}

/**
 * Gives up privileges for good, in every thread: all capabilities but those kept, and with `no_new_privs` the way to new ones.
 * @throws TraceError `PRIVILEGES` when a thread still has more than it should
 */
export function restrictThreads(restriction: Restriction): void {
  callThreads(restriction, false);
  for (const thread of threadStates()) {
    const extra = [...capabilitiesOf(thread.permitted | thread.effective)].filter((capability) => !restriction.keep.has(capability));
    if (extra.length > 0) throw privilegesNotGivenUp(`thread ${thread.id} still has ${extra.join(", ")}`);
    if (!thread.noNewPrivileges) throw privilegesNotGivenUp(`thread ${thread.id} may gain new ones`);
    const strange = thread.uids.filter((uid) => restriction.user !== undefined && uid !== restriction.user.uid);
    if (strange.length > 0) throw privilegesNotGivenUp(`thread ${thread.id} still runs as uid ${strange[0]}`);
  }
}

/** What /proc says of a thread (proc_pid_status(5)). */
interface ThreadState {
  readonly id: string;
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly noNewPrivileges: boolean;
  /** Real, effective, saved, and that of the file system. */
  readonly uids: readonly number[];
}

/** The threads of this process. */
export function threadStates(tasksDirectory = "/proc/self/task"): readonly ThreadState[] {
  return readdirSync(tasksDirectory).flatMap((id) => {
    const status = statusOf(join(tasksDirectory, id, "status"));
    if (status === undefined) return [];
    const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "";
    return {
      id,
      effective: BigInt(`0x${field("CapEff")}`),
      permitted: BigInt(`0x${field("CapPrm")}`),
      noNewPrivileges: field("NoNewPrivs") === "1",
      uids: field("Uid").split(/\s+/).map(Number),
    };
  });
}

function statusOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // It ended since the directory was read.
    return undefined;
  }
}

/**
 * Whether reading our own maps needs CAP_BPF here: before Linux 5.19 all of bpf(2) is refused without it while
 * `kernel.unprivileged_bpf_disabled` is set. Tried by this thread, which lowers its capabilities for the time of a call.
 */
export function readingMapsNeedsCapability(): boolean {
  const symbols = library();
  symbols.retis_set_effective(0n);
  try {
    return probeBpfCall() === "EPERM";
  } finally {
    symbols.retis_set_effective(0xffff_ffff_ffff_ffffn);
  }
}

/** Calls with the files of another user's rights: what is made belongs to that user. @throws TraceError `PRIVILEGES` */
export function asFileUser<T>(user: SystemUser | undefined, call: () => T): T {
  if (user === undefined) return call();
  const symbols = library();
  const [uid, gid] = [process.geteuid!(), process.getegid!()];
  if (symbols.retis_set_file_user(user.uid, user.gid) !== 0) throw privilegesNotGivenUp("only root can change the user");
  setFileUser(user.uid);
  try {
    return call();
  } finally {
    setFileUser(undefined);
    symbols.retis_set_file_user(uid, gid);
  }
}
