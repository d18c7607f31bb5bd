/** What was found out about a collector: a line for each check. */

export interface Finding {
  /** What was looked at, e.g. `format`. */
  readonly check: string;
  readonly status: "ok" | "skip" | "FAIL";
  /** One line; further ones are indented below it. */
  readonly detail: string;
}

export const ok = (check: string, detail: string): Finding => ({ check, status: "ok", detail });
export const skip = (check: string, detail: string): Finding => ({ check, status: "skip", detail });
export const fail = (check: string, detail: string): Finding => ({ check, status: "FAIL", detail });

const statusWidth = 4;
const checkWidth = 8;

/** A finding as text, with its newline. */
export function findingText({ check, status, detail }: Finding): string {
  const [first = "", ...more] = detail.split("\n");
  const indent = " ".repeat(statusWidth + checkWidth + 4);
  const head = `${status.padEnd(statusWidth)}  ${check.padEnd(checkWidth)}  ${first}`.trimEnd();
  return `${[head, ...more.map((line) => `${indent}${line}`.trimEnd())].join("\n")}\n`;
}

/** The last line: how many there were of each kind. */
export function summaryText(findings: readonly Finding[]): string {
  const count = (status: Finding["status"]) => findings.filter((finding) => finding.status === status).length;
  return `${count("ok")} passed, ${count("FAIL")} failed, ${count("skip")} skipped\n`;
}
