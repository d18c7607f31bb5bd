import { expect, test } from "bun:test";
import { wrapLines } from "./wrap-lines.ts";

test.each([
  ["what fits stays", "short\n  line", 20, "short\n  line"],
  ["words", "one two three four five six", 20, "one two three four\n    five six"],
  ["an indented line", "  one two three four five", 20, "  one two three four\n      five"],
  ["a list item", "  - one two three four five", 20, "  - one two three\n    four five"],
  ["columns", "NAME  one two three four five", 22, "NAME  one two three\n      four five"],
  ["the last of several columns", "  ok   NAME  one two three four", 26, "  ok   NAME  one two three\n             four"],
  ["a column beyond the middle", "a long name in front  one two", 24, "a long name in front\n    one two"],
  ["a long word", "abcdefghijklmnopqrstuvwxyz", 20, "abcdefghijklmnopqrst\n    uvwxyz"],
  ["a long word after others", "ab abcdefghijklmnopqrstuvwxyz", 20, "ab\n    abcdefghijklmnop\n    qrstuvwxyz"],
  ["characters of two columns", "一二三四五六七八九十 一二三", 20, "一二三四五六七八九十\n    一二三"],
  ["narrow terminals", "one two three four five six", 10, "one two three four five six"],
  ["empty lines", "one\n\ntwo\n", 20, "one\n\ntwo\n"],
])("%s", (_, text, width, expected) => expect(wrapLines(text, width)).toBe(expected));

test("colour codes take no columns and are not torn", () => {
  const [red, off] = ["\u001b[1;31m", "\u001b[0m"];
  expect(wrapLines(`${red}one two three four${off} five`, 20)).toBe(`${red}one two three four${off}\n    five`);
  expect(wrapLines(`${red}${"x".repeat(25)}${off}`, 20)).toBe(`${red}${"x".repeat(20)}\n    xxxxx${off}`);
});

test("no line is longer than the terminal, and no word is lost", () => {
  const words = Array.from({ length: 200 }, (_, at) => "w".repeat((at * 7) % 41) + at);
  for (let width = 20; width < 120; width++) {
    const wrapped = wrapLines(`  ${words.join(" ")}`, width);
    expect(Math.max(...wrapped.split("\n").map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(wrapped.replaceAll(/\s/g, "")).toBe(words.join(""));
    expect(wrapped.split("\n").every((line) => line.startsWith("  "))).toBe(true);
  }
});
