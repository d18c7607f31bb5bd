import { describe, expect, test } from "bun:test";
import { bashCandidates, unquoted, wordsOf, zshCandidates } from "./shell-words.ts";

test.each([
  ["skb:kfree_skb", { text: "skb:kfree_skb", open: "", replaced: 4 }],
  ["'skb:kfree", { text: "skb:kfree", open: "'", replaced: 0 }],
  [`"a \\"b\\" \\c`, { text: 'a "b" \\c', open: '"', replaced: 0 }],
  ["--probe='skb:{a, b", { text: "--probe=skb:{a, b", open: "'", replaced: 8 }],
  ["'skb:'k\\(x\\", { text: "skb:k(x", open: "", replaced: 4 }],
  ["it''s", { text: "its", open: "", replaced: 2 }],
  ["", { text: "", open: "", replaced: 0 }],
] as const)("%s", (raw, expected) => {
  expect(unquoted(raw)).toEqual(expected);
});

test("fish takes the quotes off all but the last word", () => {
  const raw = ["'a b'", '"c'];
  expect(wordsOf("bash", raw).words).toEqual(["a b", "c"]);
  expect(wordsOf("zsh", raw).words).toEqual(["a b", "c"]);
  expect(wordsOf("fish", raw).words).toEqual(["'a b'", "c"]);
});

describe("candidates for bash", () => {
  test.each([
    ["skb:kf", ["skb:kfree_skb"], ["kfree_skb"]],
    ["skb:{tcp_s", ["skb:{tcp_sock("], ["{tcp_sock\\("]],
    ["skb:{a,tcp_s", ["skb:{a,tcp_sock("], ["{a\\,tcp_sock\\("]],
    ["skb,d", ["skb,dev"], ["skb,dev"]],
    ["'skb:{a, b", ["skb:{a, bc"], ["skb:{a, bc"]],
    [`'it`, ["it's", "item"], ["item"]],
    [`"$`, ["$a"], ["\\$a"]],
  ] as const)("%s", (raw, values, expected) => {
    expect(bashCandidates(values, unquoted(raw), false)).toEqual(expected);
  });

  test("a quote is not closed after what can go on: there is a second candidate", () => {
    expect(bashCandidates(["skb:"], unquoted("'sk"), true)).toEqual(["skb:", "skb:..."]);
    expect(bashCandidates(["skb:"], unquoted("sk"), true)).toEqual(["skb:"]);
    expect(bashCandidates(["skb:", "sock:"], unquoted("'s"), true)).toEqual(["skb:", "sock:"]);
  });
});

test("zsh takes a brace that is not quoted out of the word", () => {
  expect(zshCandidates(["skb:{abc"], unquoted("skb:{a"))).toEqual(["skb:abc"]);
  expect(zshCandidates(["skb:{abc"], unquoted("'skb:{a"))).toEqual(["skb:{abc"]);
});
