/** `--skb-drop-except`: drops that are not reported, chosen in user space as reasons are named there. */
import type { EventStage } from "../../core/api/collector.ts";

/** Word for all reasons that alone are no fault. */
const normal = "normal";

/**
 * Leaves out events with one of these reasons.
 * @param words names as events have them, in any case, and `normal`
 */
export async function leaveOut(words: readonly string[]): Promise<EventStage> {
  const reasons = new Set(words.filter((word) => word !== normal).map((word) => word.toUpperCase()));
  if (words.includes(normal)) for (const reason of await normalReasons()) reasons.add(reason);
  return ({ drop_reason }, event) => (reasons.has(String(drop_reason).toUpperCase()) ? undefined : event);
}

/** The texts of the advice are loaded only when they are needed. */
async function normalReasons(): Promise<readonly string[]> {
  const { dropAdvice } = await import("./advice/drop-advice.ts");
  return dropAdvice.filter((advice) => advice.class === "normal").flatMap(({ name, aliases = [] }) => [name, ...aliases]);
}
