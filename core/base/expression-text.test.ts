import { expect, test } from "bun:test";
import { ExpressionText } from "./expression-text.ts";

const read = (text: string) =>
  new ExpressionText(text, (all, { start, end }, reason) => new Error(`${reason} at "${all.slice(start, end)}"`));

test("tokens are read in turn, with blanks anywhere between them", () => {
  const from = read("  not  a.b_1 [12] ");
  expect(from.word("no")).toBe(false);
  expect(from.word("not")).toBe(true);
  expect(from.name("a name")).toEqual({ name: "a", start: 7, end: 8 });
  expect([from.token("->"), from.token(".")]).toEqual([false, true]);
  expect(from.name("a name").name).toBe("b_1");
  expect([from.token("["), from.match(/[0-9]+/y), from.hasMore, from.token("]"), from.hasMore]).toEqual([true, "12", true, true, false]);
  expect(from.at).toBe(18);
});

test("what is next instead is said, at its place", () => {
  expect(() => {
    throw read(" %").unexpected("a name");
  }).toThrow('expected a name, found "%" at "%"');
  expect(() => read("  ").name("a name")).toThrow('expected a name, found the end at ""');
});
