/** Names of the users of this host. Source: passwd(5). */
import { readFileSync } from "node:fs";

/** Names by user id; of several for one id the first, as getpwuid(3) gives it. Empty when the file cannot be read. */
export function readUsers(path = "/etc/passwd"): ReadonlyMap<number, string> {
  const users = new Map<number, string>();
  for (const line of linesOf(path)) {
    const [name = "", , uid = ""] = line.split(":");
    if (name !== "" && /^\d+$/.test(uid) && !users.has(Number(uid))) users.set(Number(uid), name);
  }
  return users;
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch {
    return [];
  }
}
