import type { Collector } from "../api/collector.ts";

/** Class of a drop reason, `[<subsystem>/]<reason>` or the reason alone. */
export type ClassOfReason = (reason: string) => string;

/** From what collectors say about reasons; one whose advice cannot be had is left out. */
export async function dropClasses(collectors: readonly Collector[]): Promise<ClassOfReason> {
  const classes = new Map<string, string>();
  const settled = await Promise.allSettled(collectors.map(async ({ dropAdvice }) => (await dropAdvice?.()) ?? []));
  for (const { name, aliases = [], class: usual } of settled.flatMap((each) => (each.status === "fulfilled" ? each.value : []))) {
    for (const each of [name, ...aliases]) classes.set(each, usual);
  }
  return (reason) => classes.get(reason.slice(reason.indexOf("/") + 1)) ?? "unknown";
}
