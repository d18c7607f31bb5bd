/** `-o plugin:flat,path=FILE`: the records of `--format flat` in a file of their own, beside or instead of what is printed. */
import { Type } from "../api/collector.ts";
import { defineSink } from "../api/event-sink.ts";
import { outputIsInput } from "../base/errors.ts";
import { isSameFile } from "../base/same-file.ts";
import { ClockOffsets } from "../file/clock-offsets.ts";
import { closeOutput, openOutput } from "../file/open-output.ts";
import { EventClock } from "../output/event-clock.ts";
import { FlatSink } from "../output/flat-sink.ts";
import { TextOutput } from "../output/text-output.ts";

const options = Type.Object({ path: Type.String({ default: "retis.jsonl", description: "File to write; an existing one is replaced" }) });

export const flatFile = defineSink({
  summary: "Flat records, one line of JSON each, in a file",
  options,
  begin({ startup, host, inputs }, { path }) {
    if (inputs.some((input) => isSameFile(input, path))) throw outputIsInput(path);
    const { descriptor } = openOutput(path, () => {});
    const offsets = new ClockOffsets();
    offsets.observe({ startup });
    const clock = new EventClock({ mode: "boot", offsets });
    // The class of drops is in the events: a stage of collector skb-drop adds it.
    const sink = new FlatSink(new TextOutput(descriptor), { clock, host, onTerminal: false, classOf: () => "unknown" });
    const flush = () => {
      const status = sink.flush();
      if (typeof status !== "string") throw status;
    };
    return {
      write: (event) => sink.write(event),
      flush,
      end() {
        flush();
        closeOutput(descriptor);
      },
    };
  },
});
