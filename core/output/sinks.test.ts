import { describe, expect, test } from "bun:test";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SeriesSink } from "../api/sink.ts";
import { paintFor } from "../base/colour.ts";
import { EventClock } from "./event-clock.ts";
import { JsonSink } from "./json-sink.ts";
import { EventLayout } from "./layout.ts";
import { TextOutput } from "./text-output.ts";
import { TextSink } from "./text-sink.ts";

const first = { common: { timestamp: 18446744073709551615n }, x: { data: new Uint8Array([1, 2]) } };
const second = { common: { timestamp: 2 } };

/** What a sink writes for one event and then a series of two. */
function written(createSink: (output: TextOutput) => SeriesSink): string {
  const directory = mkdtempSync(join(tmpdir(), "retis-sinks-"));
  try {
    const path = join(directory, "output");
    const sink = createSink(new TextOutput(openSync(path, "w")));
    sink.write(first);
    expect(sink.flush()).toBe("ok");
    sink.writeSeries([first, second]);
    expect(sink.close()).toBe("ok");
    return readFileSync(path, "utf8");
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe("sinks", () => {
  test("JsonSink writes an object per event and an array per series, integers exact", () => {
    const text = '{"common":{"timestamp":18446744073709551615},"x":{"data":"AQI="}}';
    expect(written((output) => new JsonSink(output))).toBe(`${text}\n[${text},{"common":{"timestamp":2}}]\n`);
  });

  test("TextSink writes the layout's text", () => {
    const paint = paintFor({ isTTY: false });
    const options = { format: "single-line", linkLayer: false, paint, clock: new EventClock({ mode: "boot" }), unicode: false } as const;
    const text = "18446744073709551615 x data 0102\n";
    expect(written((output) => new TextSink(new EventLayout([], options), output))).toBe(`${text}${text}  + 2\n\n`);
  });
});
