import { defineSection, Line, OptionalText, Type, U16, U32 } from "retis/collector";

/** How the packet is queued. */
export const queueSection = defineSection({
  key: "queue",
  summary: "How the packet is queued.",
  wire: "queue",
  schema: Type.Object({
    queue: U16({ description: "Transmit queue of the device. On reception one more than the receive queue, 0 when unknown" }),
    priority: U32({ description: "Queueing priority" }),
    class: OptionalText({ description: "Traffic class of the priority. Absent when it has no name", lookup: "class", member: "priority" }),
    mark: U32({ description: "Firewall mark. Absent when it is 0", omitZero: true }),
  }),
  format(data) {
    const name = data.class === undefined ? "" : ` (${data.class})`;
    const mark = data.mark ? ` mark 0x${data.mark.toString(16)}` : "";
    return [{ at: Line.other, text: `queue ${data.queue} prio ${data.priority}${name}${mark}` }];
  },
});
