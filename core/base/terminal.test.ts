import { describe, expect, test } from "bun:test";
import {
  hasControls,
  hasCursorControl,
  isUtf8Locale,
  jsonForTerminal,
  withColoursOnly,
  withLinesOnly,
  withoutControls,
} from "./terminal.ts";

test("hasCursorControl() needs a terminal that is not dumb", () => {
  expect(hasCursorControl({ isTTY: true }, { TERM: "xterm", NO_COLOR: "1" })).toBe(true);
  expect(hasCursorControl({ isTTY: true }, { TERM: "dumb" })).toBe(false);
  expect(hasCursorControl({ isTTY: true }, {})).toBe(false);
  expect(hasCursorControl({ isTTY: false }, { TERM: "xterm" })).toBe(false);
});

test("isUtf8Locale() lets LC_ALL win over LC_CTYPE over LANG", () => {
  expect(isUtf8Locale({ LANG: "en_US.UTF-8" })).toBe(true);
  expect(isUtf8Locale({ LANG: "C.utf8" })).toBe(true);
  expect(isUtf8Locale({ LANG: "C.UTF-8", LC_ALL: "C" })).toBe(false);
  expect(isUtf8Locale({ LANG: "C", LC_CTYPE: "de_DE.UTF-8", LC_ALL: "" })).toBe(true);
  expect(isUtf8Locale({})).toBe(false);
});

test("withColoursOnly() keeps colours, withLinesOnly() line breaks", () => {
  expect(withColoursOnly("\u001b[31mred\u001b[39m\u001b[2J\n")).toBe("\u001b[31mred\u001b[39m\\x1b[2J\\n");
  expect(withLinesOnly("\u001b[31mone\ntwo\u007f")).toBe("\\x1b[31mone\ntwo\\x7f");
});

test("jsonForTerminal() escapes DEL, C1 and bidirectional controls, and means the same", () => {
  const value = { comm: "a\u007f\u009b8m\u202e\u2028\u001b[8m" };
  const shown = jsonForTerminal(JSON.stringify(value));
  expect(shown).toBe('{"comm":"a\\u007f\\u009b8m\\u202e\\u2028\\u001b[8m"}');
  expect(JSON.parse(shown)).toEqual(value);
});

describe("withoutControls()", () => {
  test.each([
    ["plain ↳ text", "plain ↳ text"],
    ["line\nforged", "line\\nforged"],
    ["\u001b[2Jclear", "\\x1b[2Jclear"],
    ["\u001b[8mhidden", "\\x1b[8mhidden"],
    ["abc\u202edcb\u2066", "abc\\u202edcb\\u2066"],
    ["tab\tbell\u0007del\u007fcsi\u009b1m", "tab\\x09bell\\x07del\\x7fcsi\\x9b1m"],
  ])("%j", (text, expected) => {
    expect(withoutControls(text)).toBe(expected);
    expect(hasControls(expected)).toBe(false);
  });
});

test("hasControls() lets line breaks and colours pass", () => {
  expect(hasControls("a\nb \u001b[1;31mc")).toBe(false);
  expect(hasControls("a\u001b[1Kb")).toBe(true);
  expect(hasControls("a\rb")).toBe(true);
});
