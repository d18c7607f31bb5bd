/** Section `kernel`: the probe that was hit, and the stack. Filled by bpf/probe/sections.h. */
import { OptionalFrames, Text, Type } from "../api/collector.ts";
import { defineSection, Line, type TextPiece } from "../api/section.ts";

/** Short forms of probe types in text. */
const marks: Readonly<Record<string, string>> = { raw_tracepoint: "tp", kprobe: "k", kretprobe: "kr" };

export const kernelSection = defineSection({
  key: "kernel",
  summary: "Kernel probe. Where in the kernel the event happened.",
  wire: "kernel",
  schema: Type.Object({
    symbol: Text({ member: "probe", lookup: "symbol", description: "Symbol. Function name, or group:name of a tracepoint" }),
    probe_type: Text({ member: "probe", lookup: "probe_type", description: "Probe type. kprobe, kretprobe or raw_tracepoint" }),
    stack_trace: OptionalFrames({
      member: "stack",
      length: "frames",
      description: "Stack trace. Frames, innermost first: symbol+0xoffset, or 0xaddress without a symbol",
    }),
  }),
  format(kernel, { multiLine, paint }) {
    const origin = `[${marks[kernel.probe_type] ?? "invalid"}] ${paint.symbol(kernel.symbol)}`;
    const pieces: TextPiece[] = [{ at: "head", text: origin }];
    const frames = kernel.stack_trace;
    if (frames !== undefined && frames.length > 0) {
      pieces.push({ at: Line.stack, text: multiLine ? frames : `[${frames.join(", ")}]`, indent: 2 });
    }
    return pieces;
  },
});
