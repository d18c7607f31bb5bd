/**
 * Whole events as text. A case is `text/<name>.json` (events or series, and the views to show them in) with the expected
 * text in `text/<name>.txt`; `RETIS_GOLDEN=refresh` writes the latter. Escape characters are written as `␛`.
 */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { ctOtherSection, ctSection } from "../../collectors/ct/section.ts";
import { devSection } from "../../collectors/dev/section.ts";
import { netnsSection } from "../../collectors/ns/section.ts";
import { skbDropSection } from "../../collectors/skb-drop/section.ts";
import { packetSection, skbSection } from "../../collectors/skb/section.ts";
import type { Event } from "../../core/api/event.ts";
import { paintFor } from "../../core/base/colour.ts";
import { commonSection } from "../../core/event/common.ts";
import { kernelSection } from "../../core/event/kernel.ts";
import { lossSection } from "../../core/event/loss.ts";
import { startupSection } from "../../core/event/startup.ts";
import { trackingSection } from "../../core/event/tracking.ts";
import { userspaceSection } from "../../core/event/userspace.ts";
import { EventClock } from "../../core/output/event-clock.ts";
import { EventLayout } from "../../core/output/layout.ts";

interface View {
  readonly format: "single-line" | "multi-line";
  readonly linkLayer?: boolean;
  readonly utc?: boolean;
  readonly colour?: boolean;
  readonly unicode?: boolean;
}

interface TextCase {
  readonly note: string;
  readonly views: readonly View[];
  readonly events?: readonly Event[];
  readonly series?: readonly (readonly Event[])[];
}

// The order of collectors, on purpose not the one of their text on a line.
const coreSections = [commonSection, kernelSection, userspaceSection, trackingSection, startupSection, lossSection];
const sections = [...coreSections, packetSection, skbSection, skbDropSection, ctSection, ctOtherSection, devSection, netnsSection];

const directory = new URL("text/", import.meta.url).pathname;
const refresh = process.env["RETIS_GOLDEN"] === "refresh";

describe("whole events as text", () => {
  const names = readdirSync(directory).filter((name) => name.endsWith(".json"));
  test.each(names)("%s", (name) => {
    const textCase = parseCase(readFileSync(directory + name, "utf8"));
    const actual = textCase.views.map((view) => `=== ${JSON.stringify(view)}\n${show(textCase, view)}`).join("");
    const path = directory + name.replace(".json", ".txt");
    if (refresh) writeFileSync(path, actual);
    expect(actual).toBe(readFileSync(path, "utf8"));
  });
});

function show(textCase: TextCase, view: View): string {
  const layout = new EventLayout(sections, {
    format: view.format,
    linkLayer: view.linkLayer ?? false,
    clock: new EventClock({ mode: view.utc ? "utc" : "boot" }),
    paint: paintFor({ isTTY: view.colour ?? false }, { TERM: "xterm" }),
    unicode: view.unicode ?? true,
  });
  const events = (textCase.events ?? []).map((event) => layout.eventText(event));
  const series = (textCase.series ?? []).map((events) => layout.seriesText(events));
  return [...events, ...series].join("").replaceAll("\u001b", "␛");
}

function parseCase(text: string): TextCase {
  return JSON.parse(text, reviveExactly) as TextCase;
}

/** The third argument is the "JSON.parse source text access" proposal, which the type library does not know yet. */
function reviveExactly(key: string, value: unknown, context?: { readonly source: string }): unknown {
  if (typeof value === "number" && !Number.isSafeInteger(value)) return BigInt(context?.source ?? value);
  return key === "data" ? Uint8Array.fromBase64(value as string) : value;
}
