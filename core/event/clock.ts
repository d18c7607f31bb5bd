/** Section `clock`: how the wall clock was changed while recording. Made in user space, when it is noticed. */
import { Group, I64, Type, U64 } from "../api/collector.ts";
import { defineSection, Line } from "../api/section.ts";
import { durationText } from "../base/time.ts";

/** CLOCK_REALTIME minus CLOCK_MONOTONIC. */
export const clockOffset = Group(
  { sec: I64({ description: "Seconds" }), nsec: I64({ description: "Nanoseconds" }) },
  { description: "Clock offset. CLOCK_REALTIME minus CLOCK_MONOTONIC" },
);

const change = Type.Object({
  since: U64({ description: "First time (CLOCK_MONOTONIC, nanoseconds) for which the offset holds" }),
  clock_monotonic_offset: clockOffset,
  step: I64({ description: "By how much the wall clock was set forward. Nanoseconds" }),
});

export const clockSection = defineSection({
  key: "clock",
  summary: "Changes of the wall clock since the recording began.",
  schema: Type.Object({ changes: Type.Array(change, { description: "All until then, in order" }) }),
  format({ changes }) {
    const last = changes.at(-1);
    return last === undefined ? [] : [{ at: Line.startup, text: `wall clock changed by ${durationText(BigInt(last.step))} s` }];
  },
});
