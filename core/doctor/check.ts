/** One line of what `retis doctor` found. */
import { reasonOf, TraceError } from "../base/errors.ts";

/** `unknown`: it could not be found out, mostly for lack of privilege. */
export type CheckStatus = "ok" | "missing" | "unknown";

export interface Finding {
  readonly status: CheckStatus;
  /** What was found, or why it is missing or unknown; no period at the end. */
  readonly detail?: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** Groups in the order in which they are shown. */
export const checkGroups = ["host", "kernel", "collectors"] as const;
export type CheckGroup = (typeof checkGroups)[number];

export interface Check extends Finding {
  readonly group: CheckGroup;
  readonly name: string;
  /** The main job, `collect -c skb,skb-drop`, cannot do without. */
  readonly required: boolean;
}

/** What a check is made from: `find` may throw, which makes the answer unknown. */
export interface CheckPlan {
  readonly name: string;
  readonly required?: boolean;
  readonly find: () => Finding;
}

/** Runs the checks of a group; none can keep the others from running. */
export function runChecks(group: CheckGroup, plans: readonly CheckPlan[]): readonly Check[] {
  return plans.map(({ name, required = false, find }) => ({ group, name, required, ...findOrUnknown(find) }));
}

function findOrUnknown(find: () => Finding): Finding {
  try {
    return find();
  } catch (error) {
    const hint = error instanceof TraceError ? error.options.hint : undefined;
    return { status: "unknown", detail: reasonOf(error), ...(hint === undefined ? {} : { hint }) };
  }
}

/** Whether the main job can run: everything required is there. */
export function isReady(checks: readonly Check[]): boolean {
  return checks.every(({ required, status }) => !required || status === "ok");
}
