import { describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { defineSection, Line, type Section, type TextPiece } from "../api/section.ts";
import { paintFor } from "../base/colour.ts";
import { EventClock } from "./event-clock.ts";
import { EventLayout } from "./layout.ts";

const plain = paintFor({ isTTY: false });

function section(key: string, ...pieces: TextPiece[]): Section {
  return defineSection({ key, summary: "A section.", schema: Type.Object({}), format: () => pieces });
}

function show(format: "single-line" | "multi-line", ...sections: Section[]): string {
  const layout = new EventLayout(sections, {
    format,
    linkLayer: false,
    paint: plain,
    clock: new EventClock({ mode: "boot" }),
    unicode: true,
  });
  const data = Object.fromEntries(sections.map(({ key }) => [key, {}]));
  return layout.eventText({ common: { timestamp: 1 }, ...data });
}

describe("EventLayout", () => {
  test("puts lines in the order of their numbers and device before packet, however the sections come", () => {
    const ct = section("ct", { at: Line.ct, text: "ct" });
    const packet = section("packet", { at: Line.packet, text: "packet" });
    const dev = section("dev", { at: Line.packet, text: "dev" });
    const drop = section("skb-drop", { at: Line.drop, text: "drop" });
    expect(show("multi-line", ct, packet, dev, drop)).toBe("1\n  dev packet\n  drop\n  ct\n\n");
    expect(show("single-line", drop, dev, packet, ct)).toBe("1 dev packet drop ct\n");
  });

  test("gives lists lines of their own, and pieces their extra columns", () => {
    const ovs = section(
      "ovs",
      { at: Line.ovs, text: ["hit", "openflow"] },
      { at: Line.ovs, text: ["a=1", "b=2"], indent: 4 },
      { at: Line.ovs, text: "end" },
    );
    expect(show("multi-line", ovs)).toBe("1\n  hit\n  openflow\n      a=1\n      b=2\n  end\n\n");
    expect(show("single-line", ovs)).toBe("1 hit openflow a=1 b=2 end\n");
  });

  test("keeps the sections of third parties apart", () => {
    const one = section("one", { at: Line.other, text: "1a" }, { at: Line.other, text: "1b" });
    const two = section("two", { at: Line.other, text: "2" });
    expect(show("multi-line", one, two)).toBe("1\n  1a 1b\n  2\n\n");
  });

  test("appends head pieces to the first line", () => {
    expect(show("multi-line", section("x", { at: "head", text: "[k] f" }, { at: "head", text: ["two", "parts"] }))).toBe(
      "1 [k] f two parts\n\n",
    );
  });

  test("shows properties when a formatter throws or is missing", () => {
    const faulty: Section = {
      ...section("faulty"),
      format: () => {
        throw new Error("no");
      },
    };
    const silent: Section = { ...section("silent") };
    const { format: _, ...formless } = silent;
    expect(show("single-line", faulty, formless)).toBe("1 faulty silent\n");
  });

  test("escapes control characters, wherever they come from, and keeps colours", () => {
    const paint = paintFor({ isTTY: true }, { TERM: "xterm" });
    const evil = section("evil", { at: Line.other, text: `a\nb${paint.alarm("c")}` }, { at: Line.drop, text: ["d\r", "e"] });
    expect(show("multi-line", evil)).toBe("1\n  d\\x0d\n  e\n  a\\nb\u001b[31m\u001b[1mc\u001b[22m\u001b[39m\n\n");
    expect(show("single-line", evil)).toBe("1 d\\x0d e a\\nb\u001b[31m\u001b[1mc\u001b[22m\u001b[39m\n");
  });

  test("forgets nothing and keeps nothing between events", () => {
    const layout = new EventLayout([section("x", { at: Line.other, text: "x" })], {
      format: "single-line",
      linkLayer: false,
      paint: plain,
      clock: new EventClock({ mode: "boot" }),
      unicode: true,
    });
    expect(layout.eventText({ common: { timestamp: 1 }, x: {} })).toBe("1 x\n");
    expect(layout.eventText({ common: { timestamp: 2 } })).toBe("2\n");
    expect(layout.seriesText([])).toBe("\n");
  });
});
