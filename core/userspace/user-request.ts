/** A request for probes in programs, as `--probe` and collectors write it, and which processes it means. */

/** What is to be probed, and in which programs. */
export interface UserRequest {
  readonly type: "usdt" | "uprobe";
  /** A path, a process id, the name of running processes, or `*` for all of them. */
  readonly program: string;
  /** `provider:name` or `symbol[+OFFSET]`; `*` for any run of characters. */
  readonly target: string;
}

/** How a program is named. */
export type ProgramKind = "path" | "pid" | "name" | "any";

export function programKind(program: string): ProgramKind {
  if (program === "*") return "any";
  if (program.includes("/")) return "path";
  return /^\d+$/.test(program) ? "pid" : "name";
}

/** The request as it is written. */
export function requestText({ type, program, target }: UserRequest): string {
  return program === "*" ? `${type}:${target}` : `${type}:${program}:${target}`;
}
