import { describe, expect, test } from "bun:test";
import { painter, paintFor, wantsColour } from "./colour.ts";

const terminal = { isTTY: true };

describe("wantsColour()", () => {
  test.each([
    ["a terminal", terminal, { TERM: "xterm" }, true],
    ["no terminal", { isTTY: false }, { TERM: "xterm" }, false],
    ["a stream that does not say", {}, { TERM: "xterm" }, false],
    ["NO_COLOR", terminal, { TERM: "xterm", NO_COLOR: "1" }, false],
    ["an empty NO_COLOR", terminal, { TERM: "xterm", NO_COLOR: "" }, true],
    ["TERM=dumb", terminal, { TERM: "dumb" }, false],
    ["no TERM", terminal, {}, false],
  ])("%s", (_name, stream, env, expected) => {
    expect(wantsColour(stream, env)).toBe(expected);
  });
});

test("paintFor() marks text on a terminal only", () => {
  const paint = paintFor(terminal, { TERM: "xterm" });
  expect(paint.alarm("a")).toBe("\u001b[31m\u001b[1ma\u001b[22m\u001b[39m");
  expect(paint.symbol("a|b")).toBe("\u001b[36ma|b\u001b[39m");
  const plain = paintFor({ isTTY: false }, { TERM: "xterm" });
  expect([plain.alarm("a"), plain.symbol("a"), plain.dim("a")]).toEqual(["a", "a", "a"]);
});

test("painter() nests several styles", () => {
  expect(painter(["bold", "red"], true)("x")).toBe("\u001b[1m\u001b[31mx\u001b[39m\u001b[22m");
});
