import { expect, test } from "bun:test";
import { RuleTexts } from "./rule-texts.ts";

/** A kernel with one table (7) in each namespace, whose rules can be changed, and a clock that does not move. */
function bench(rules: Record<number, string>) {
  const state = { rules, now: 0, readings: 0, takes: 0 };
  const list = (netns: number) => {
    state.readings++;
    state.now += state.takes;
    if (netns === 404) return undefined;
    const lines = Object.entries(state.rules).map(([handle, text]) => `\t\t${text} # handle ${handle}`);
    return ["table ip t { # handle 7", "\tchain c { # handle 1", ...lines, "\t}", "}"].join("\n");
  };
  return { state, texts: new RuleTexts(list, () => state.now) };
}

test("a namespace is read once, at its first rule", () => {
  const { state, texts } = bench({ 2: "drop", 3: "accept" });
  expect([texts.find(1, 7, 2, 100), texts.find(1, 7, 3, 200), texts.find(1, 7, 2, 100)]).toEqual(["drop", "accept", "drop"]);
  expect(texts.find(5, 7, 2, 100)).toBe("drop");
  expect(state.readings).toBe(2);
});

test("policies and unknown namespaces have no rule", () => {
  const { state, texts } = bench({ 2: "drop" });
  expect([texts.find(1, 7, 0, 0), texts.find(0, 7, 2, 1), texts.find(404, 7, 2, 1)]).toEqual([undefined, undefined, undefined]);
  expect(state.readings).toBe(1);
});

test("a new rule is read, but not more often than once a second", () => {
  const { state, texts } = bench({ 2: "drop" });
  texts.find(1, 7, 2, 100);
  state.rules[3] = "accept";
  expect(texts.find(1, 7, 3, 200)).toBeUndefined();
  state.now += 1000;
  expect(texts.find(1, 7, 3, 200)).toBe("accept");
  expect(texts.find(1, 7, 4, 300)).toBeUndefined();
  expect(state.readings).toBe(2);
});

test("a rule that has moved has its new text, and none until it may be read", () => {
  const { state, texts } = bench({ 2: "tcp dport 80 drop" });
  texts.find(1, 7, 2, 100);
  state.rules[2] = "tcp dport 81 drop";
  expect(texts.find(1, 7, 2, 101)).toBeUndefined();
  state.now += 1000;
  expect(texts.find(1, 7, 2, 101)).toBe("tcp dport 81 drop");
});

test("a slow listing is read more rarely", () => {
  const { state, texts } = bench({ 2: "drop" });
  state.takes = 200;
  texts.read(1);
  state.now += 3000;
  texts.find(1, 7, 9, 1);
  expect(state.readings).toBe(1);
  state.now += 1000;
  texts.find(1, 7, 9, 1);
  expect(state.readings).toBe(2);
});

test("an old listing is read again without a sign of change", () => {
  const { state, texts } = bench({ 2: "drop" });
  texts.find(1, 7, 2, 100);
  state.rules[2] = "accept";
  state.now += 60_000;
  expect(texts.find(1, 7, 2, 100)).toBe("accept");
});

test("a rule that was replaced before it was seen first has its new text", () => {
  const { state, texts } = bench({ 2: "drop", 3: "accept" });
  texts.read(1);
  state.rules[2] = "reject";
  state.now += 1000;
  expect(texts.find(1, 7, 2, 100)).toBe("reject");
});

test("a rule that has moved without a change has its text, and is read once", () => {
  const { state, texts } = bench({ 2: "drop", 3: "accept" });
  for (const handle of [2, 3]) texts.find(1, 7, handle, handle);
  state.now += 1000;
  expect(texts.find(1, 7, 2, 20)).toBe("drop");
  expect(texts.find(1, 7, 2, 20)).toBe("drop");
  expect(state.readings).toBe(2);
  state.now += 1000;
  expect([texts.find(1, 7, 3, 3), texts.find(1, 7, 3, 30)]).toEqual(["accept", "accept"]);
  expect(state.readings).toBe(3);
});
