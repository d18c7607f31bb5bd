/** Users of this system, as the C library finds them: in /etc/passwd, or wherever nsswitch.conf(5) says. */
import { dlopen, type Pointer, read } from "bun:ffi";
import { unknownUser } from "../base/errors.ts";
import { addressOf, cString } from "../libbpf/libc.ts";

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** All groups, `gid` among them. */
  readonly groups: readonly number[];
}

const declarations = {
  getpwnam: { args: ["ptr"], returns: "ptr" },
  getgrouplist: { args: ["ptr", "u32", "ptr", "ptr"], returns: "i32" },
} as const;

/** Offsets in `struct passwd` of 64-bit systems (pwd.h): two pointers, then the ids. */
const uidOffset = 16;
const gidOffset = 20;
/** NGROUPS_MAX (limits.h). */
const maxGroups = 65_536;

/** @throws TraceError `UNKNOWN_USER` */
export function findUser(name: string): SystemUser {
  const { symbols } = dlopen("libc.so.6", declarations);
  const text = cString(name);
  const found = symbols.getpwnam(addressOf(text)) as Pointer | null;
  if (!found) throw unknownUser(name);
  const [uid, gid] = [read.u32(found, uidOffset), read.u32(found, gidOffset)];
  const groups = new Uint32Array(maxGroups);
  const count = Int32Array.of(maxGroups);
  symbols.getgrouplist(addressOf(text), gid, addressOf(groups), addressOf(count));
  return { name, uid, gid, groups: [...groups.subarray(0, count[0])] };
}
