/** What the JSON of all events of a pattern consists of. */
import type { Event, SectionData } from "../api/event.ts";
import { jsonText } from "../file/json.ts";
import type { MatchedEvent } from "../pattern/matched-event.ts";
import type { TextPart } from "../pattern/text-program.ts";

/** Encloses the number of a hole; of the private use area, so that text seldom has it. */
const mark = "\ue0fe";

/** Parts of the text that `eventToJson` makes of the events; undefined when text of the event looks like a hole. */
export function jsonParts(event: MatchedEvent): readonly TextPart[] | undefined {
  const holes: TextPart[] = [];
  const { sections, firstNumbers } = event.pattern;
  const marked: Record<string, unknown> = {};
  sections.forEach((section, index) => {
    let number = firstNumbers[index]!;
    let data: unknown = event.section(index);
    for (const { path, kind } of section.holes) {
      data = withValue(data as SectionData, path, `${mark}${holes.length}${mark}`);
      holes.push(kind === "bytes" ? { bytes: "base64" } : { decimal: number++ });
    }
    if (data !== undefined) marked[section.key] = data;
  });
  if (sections.some(({ key }) => key === "__proto__")) return undefined;
  const texts = jsonText(marked as Event).split(new RegExp(`"${mark}(\\d+)${mark}"`));
  if (texts.length !== 2 * holes.length + 1 || texts.some((text) => text.includes(mark))) return undefined;
  return texts.flatMap((text, index): readonly TextPart[] => {
    if (index % 2 === 0) return [text];
    const hole = holes[Number(text)]!;
    return "bytes" in (hole as object) ? ['"', hole, '"'] : [hole];
  });
}

/** The data with another value at the path, its keys in the same order. */
function withValue(data: SectionData, [key, ...rest]: readonly string[], value: string): SectionData {
  const inner = rest.length === 0 ? value : withValue(data[key!] as SectionData, rest, value);
  return Object.fromEntries(Object.entries(data).map(([name, own]) => [name, name === key ? inner : own])) as SectionData;
}
