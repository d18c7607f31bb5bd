import type { Event } from "../api/event.ts";

/**
 * What a stage of a collector made of an event; undefined: the event is left out.
 *
 * @param declared keys of sections that the collector declares
 * @throws TypeError for what is not an event, or has sections that are neither the event's nor the collector's
 */
export function stageResult(event: Event, decided: unknown, declared: ReadonlySet<string>): Event | undefined {
  if (decided === undefined || decided === event) return decided as Event | undefined;
  if (typeof decided !== "object" || decided === null) throw new TypeError("it returned neither an event nor undefined");
  const result = decided as Event;
  for (const key in result) {
    const data = result[key];
    if (data === event[key]) continue;
    if (!declared.has(key)) throw new TypeError(`it changed section "${key}", which the collector does not declare`);
    if (data !== undefined && (typeof data !== "object" || data === null)) throw new TypeError(`section "${key}" is not an object`);
  }
  return result;
}
