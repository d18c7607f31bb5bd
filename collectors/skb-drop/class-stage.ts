/**
 * The class of drops in JSON. Files do not hold it: recording would have to decode each packet, which costs more than writing the event,
 * and knowledge that grows would not reach recordings made before.
 */
import type { Event, ReaderStage } from "../../core/api/collector.ts";
import { skbDropSection } from "./section.ts";

/** Adds the class to the section of a drop; what is not a drop stays as it is. */
export function addClass(classOf: (event: Event) => string | undefined): ReaderStage {
  return (data, event) => {
    const found = classOf(event);
    return found === undefined ? event : { ...event, [skbDropSection.key]: { ...data, class: found } };
  };
}
