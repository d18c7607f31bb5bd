/** What a team knows about drops: a note beside each that it has one for, and nothing of those that are normal. */
import { defineCollector, defineSection, Line, Type } from "retis/collector";

const section = defineSection({
  key: "drop-note",
  summary: "Note. What the team knows about drops for this reason",
  schema: Type.Object({ text: Type.String({ description: "The note" }) }),
  format: ({ text }) => [{ at: Line.other, text: `note: ${text}` }],
});

/** By drop reason. */
const notes = new Map([["NO_SOCKET", "the agent of the load balancer was stopped, see its log"]]);

export default defineCollector({
  name: "drop-notes",
  summary: "Notes on drops where events are shown, and no drops that are normal",
  api: "1.x",
  sections: [section],
  setup: () => ({ hooks: [] }),
  async readerStages({ dropClasses }) {
    const classOf = await dropClasses();
    return {
      "skb-drop": (drop, event) => {
        if (classOf(event) === "normal") return undefined;
        const text = notes.get(String(drop["drop_reason"]));
        return text === undefined ? event : { ...event, "drop-note": { text } };
      },
    };
  },
});
