import { defineSection, Integers, Line, type Static, type TextPiece, Type, U64 } from "../../../core/api/collector.ts";
import { ufidText } from "../ufid.ts";

const schema = Type.Object({
  ufid: Integers({ description: "Id of the flow. Four words", format: "uint32" }),
  flow: U64({ description: "Address of the flow" }),
  sf_acts: U64({ description: "Address of the flow's actions" }),
  dpflow: Type.String({ description: "Flow of the datapath as text" }),
  ofpflows: Type.Array(Type.String(), { description: "OpenFlow rules that it was made from. Empty where ovs-vswitchd does not know them" }),
});

/** A flow as ovs-vswitchd describes it; `flow_lookup` events with the same ids are about it. */
export const detraceSection = defineSection({
  key: "ovs-detrace",
  summary: "A flow that packets hit, as ovs-vswitchd describes it.",
  schema,
  format({ ufid, dpflow, ofpflows }: Static<typeof schema>, { multiLine }): readonly TextPiece[] {
    const [first, ...others] = ofpflows;
    const flow = `ufid:${ufidText(ufid)} ${dpflow}`;
    if (first === undefined) return [{ at: Line.ovsDetrace, text: flow }];
    const lines = multiLine
      ? [flow, `openflow:${first}`, ...others.map((rule) => `    ${rule}`)]
      : [`${flow} openflow: ${ofpflows.join(" ")}`];
    return [{ at: Line.ovsDetrace, text: lines }];
  },
});
