/** What was found, as text for people and as data for programs. */
import type { Painter } from "../base/colour.ts";
import { withoutControls } from "../base/terminal.ts";
import { type Check, checkGroups, type CheckStatus, isReady } from "./check.ts";

const titles = { host: "Host", kernel: "Kernel features", collectors: "Collectors" } as const;
const mainCommand = "retis collect -c skb,skb-drop";

/** Colours of the three answers. */
export type StatusPaint = Readonly<Record<CheckStatus, Painter>>;

/** A line for each check under the title of its group, and at the end whether the main job can run. */
export function textReport(checks: readonly Check[], paint: StatusPaint): string {
  const width = Math.max(0, ...checks.map(({ name }) => name.length));
  const groups = checkGroups.flatMap((group) => {
    const lines = checks.filter((check) => check.group === group).map((check) => checkLine(check, width, paint));
    return lines.length === 0 ? [] : [[titles[group], ...lines].join("\n")];
  });
  return `${[...groups, verdict(checks)].join("\n\n")}\n`;
}

function checkLine({ status, name, detail, hint }: Check, width: number, paint: StatusPaint): string {
  const text = withoutControls([detail, hint].filter((part) => part !== undefined).join(". "));
  return `  ${paint[status](status.padEnd(7))}  ${name.padEnd(width)}  ${text}`.trimEnd();
}

function verdict(checks: readonly Check[]): string {
  if (isReady(checks)) return `Ready: ${mainCommand}`;
  const lacking = checks.filter(({ required, status }) => required && status !== "ok").map(({ name }) => name);
  return `Not ready for ${mainCommand}: see ${lacking.join(", ")}`;
}

/** The same as JSON: `ready`, and all `checks` in order. */
export function jsonReport(checks: readonly Check[]): string {
  return `${JSON.stringify({ ready: isReady(checks), checks }, undefined, 2)}\n`;
}
