import { expect, test } from "bun:test";
import { AnswerCache } from "./answer-cache.ts";

test("only text, or a list of texts, is an answer", () => {
  const cache = new AnswerCache<number>("name", 8);
  for (const value of ["text", ["a", "b"], undefined]) expect(cache.answer(value).value).toEqual(value as never);
  for (const value of [5, {}, null, ["a", 1], Promise.resolve("text")]) expect(() => cache.answer(value as never)).toThrow(TypeError);
});
