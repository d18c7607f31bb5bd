import { describe, expect, test } from "bun:test";
import type { Expression, Literal } from "./meta-expression.ts";
import { parseMetaFilter } from "./meta-parser.ts";

/** An expression with every parenthesis written out. */
function explicit(expression: Expression): string {
  switch (expression.kind) {
    case "and":
    case "or":
      return `(${explicit(expression.left)} ${expression.kind} ${explicit(expression.right)})`;
    case "not":
      return `not ${explicit(expression.operand)}`;
    case "term":
      return expression.members.map(({ name }) => name).join(".");
  }
}

function termOf(text: string) {
  const expression = parseMetaFilter(text);
  if (expression.kind !== "term") throw new Error(`${text} is not a term`);
  return expression;
}

function literalOf(text: string): Literal {
  return termOf(`sk_buff.m == ${text}`).comparison!.literal;
}

/** The message without what it begins with, the line that points and the hint. */
function complaint(text: string): string {
  try {
    parseMetaFilter(text);
  } catch (error) {
    return (error as Error).message.replace("Invalid meta filter: ", "");
  }
  return "accepted";
}

describe("logic", () => {
  test.each([
    ["a or b and c", "(a or (b and c))"],
    ["a and b or c", "((a and b) or c)"],
    ["a or b or c", "((a or b) or c)"],
    ["a && b || c && d", "((a and b) or (c and d))"],
    ["(a or b) and c", "((a or b) and c)"],
    ["not a and b", "(not a and b)"],
    ["not (a and b)", "not (a and b)"],
    ["!!a", "not not a"],
    ["!(a||b)&&c", "(not (a or b) and c)"],
    ["((a))", "a"],
    [" a\tand\n b ", "(a and b)"],
  ])("%s means %s", (text, wanted) => {
    const written = text.replace(/\b[abcd]\b/g, "sk_buff.$&");
    expect(explicit(parseMetaFilter(written))).toBe(wanted);
  });

  test("words that only begin like an operator are names", () => {
    expect(explicit(parseMetaFilter("sk_buff.and or sk_buff.not_set"))).toBe("(and or not_set)");
    expect(complaint("sk_buff.a andsk_buff.b")).toStartWith(`expected "and", "or" or the end, found "a"`);
  });
});

describe("members", () => {
  test("names with digits, elements, masks and types", () => {
    const { members } = termOf("sk_buff . l4_hash[3] [0x10]:0x7.next:~0b11:nf_conn2.mark:255");
    expect(members.map(({ name, indexes, mask, cast }) => [name, indexes.map(({ value }) => value), mask?.value, cast?.name])).toEqual([
      ["l4_hash", [3, 16], 7n, undefined],
      ["next", [], 0xffff_ffff_ffff_fffcn, "nf_conn2"],
      ["mark", [], 255n, undefined],
    ]);
  });

  test("operators, the longer one first", () => {
    const operators = ["==", "!=", ">=", "<=", ">", "<"];
    expect(operators.map((operator) => termOf(`sk_buff.m${operator}1`).comparison!.operator as string)).toEqual(operators);
    expect(termOf("sk_buff.m").comparison).toBeUndefined();
  });

  test("~0 is the mask that leaves everything", () => {
    expect(termOf("sk_buff.m:~0x0").members[0]!.mask!.value).toBe(0xffff_ffff_ffff_ffffn);
  });
});

describe("literals", () => {
  test.each([
    ["0", 0n],
    ["42", 42n],
    ["007", 7n],
    ["0xfF", 255n],
    ["0b101", 5n],
    ["-1", -1n],
    ["18446744073709551615", 0xffff_ffff_ffff_ffffn],
    ["-9223372036854775808", -0x8000_0000_0000_0000n],
  ])("number %s", (text, value) => {
    expect(literalOf(text)).toMatchObject({ kind: "number", value });
  });

  test.each([
    ["10.0.0.1", "IPv4", "0a000001"],
    ["02:00:00:0A:fe:01", "MAC", "0200000afe01"],
    ["::", "IPv6", "0".repeat(32)],
    ["::1", "IPv6", `${"0".repeat(30)}01`],
    ["fe80::", "IPv6", `fe80${"0".repeat(28)}`],
    ["1111::2:3", "IPv6", "11110000000000000000000000020003"],
    ["1:2:3:4:5:6:7:8", "IPv6", "00010002000300040005000600070008"],
    ["::ffff:10.0.0.1", "IPv6", "00000000000000000000ffff0a000001"],
  ])("address %s", (text, family, hex) => {
    const literal = literalOf(text);
    expect(literal).toMatchObject({ kind: "address", family });
    expect(literal.kind === "address" && Buffer.from(literal.bytes).toString("hex")).toBe(hex);
  });

  test.each([
    [`"eth0"`, "eth0"],
    [`'eth0'`, "eth0"],
    [`""`, ""],
    [`"'a'"`, "'a'"],
    [`'"'`, '"'],
    [`"a\\"b\\\\"`, 'a"b\\'],
    [`"\\t\\n\\r\\x41"`, "\t\n\rA"],
    [`" and )"`, " and )"],
    [`"é"`, "é"],
  ])("text %s", (text, wanted) => {
    const literal = literalOf(text);
    expect(literal.kind === "text" && Buffer.from(literal.bytes).toString()).toBe(wanted);
  });

  test("a name is a constant", () => {
    expect(literalOf("TCP_ESTABLISHED")).toMatchObject({ kind: "constant", name: "TCP_ESTABLISHED" });
  });
});

describe("what is refused, and where", () => {
  test.each([
    ["", `expected a term such as sk_buff.mark, "not" or "(", found the end\n  \n  ^`],
    ["sk_buff", `expected "." and a member of sk_buff, found the end\n  sk_buff\n         ^`],
    ["sk_buff.", `expected the name of a member, found the end\n  sk_buff.\n          ^`],
    ["sk_buff..x", `expected the name of a member, found "."\n  sk_buff..x\n          ^`],
    [
      "sk_buff.mark == ",
      `expected a number, a text in quotes, an address or the name of a constant, found the end\n  sk_buff.mark == \n                  ^`,
    ],
    ["sk_buff.mark = 1", `write == to compare for equality\n  sk_buff.mark = 1\n               ^`],
    ["sk_buff.mark == 1 sk_buff.len", `expected "and", "or" or the end, found "s"\n  sk_buff.mark == 1 sk_buff.len\n                    ^`],
    ["(sk_buff.mark", `expected ")", found the end\n  (sk_buff.mark\n               ^`],
    ["sk_buff.mark)", `expected "and", "or" or the end, found ")"\n  sk_buff.mark)\n              ^`],
    ["sk_buff.mark and", `expected a term such as sk_buff.mark, "not" or "(", found the end\n  sk_buff.mark and\n                  ^`],
    ["sk_buff.mark:0", "a mask of zero leaves nothing to compare\n  sk_buff.mark:0\n               ^"],
    [
      "sk_buff.mark:~0xffffffffffffffff",
      `a mask of zero leaves nothing to compare\n  sk_buff.mark:~0xffffffffffffffff\n                ${"^".repeat(18)}`,
    ],
    ["sk_buff.mark:-1", `expected a mask: a number, or ~ and a number, found "-"\n  sk_buff.mark:-1\n               ^`],
    ["sk_buff.cb[1", `expected "]", found the end\n  sk_buff.cb[1\n              ^`],
    ["sk_buff.cb[x]", `expected the number of an element, found "x"\n  sk_buff.cb[x]\n             ^`],
    ["sk_buff.mark == 0x", `"0x" is not a number, address or name\n  sk_buff.mark == 0x\n                  ^^`],
    ["sk_buff.mark == 12ab", `"12ab" is not a number, address or name\n  sk_buff.mark == 12ab\n                  ^^^^`],
    ["sk_buff.mark == 1.2.3", `"1.2.3" is not a number, address or name\n  sk_buff.mark == 1.2.3\n                  ^^^^^`],
    [
      "sk_buff.mark == 18446744073709551616",
      `it exceeds 64 bits\n  sk_buff.mark == 18446744073709551616\n                  ${"^".repeat(20)}`,
    ],
    [`sk_buff.n == "eth0`, `the closing " is missing\n  sk_buff.n == "eth0\n               ^^^^^`],
    [`sk_buff.n == "a\\qb"`, `unknown escape \\q; use one of \\n \\r \\t \\\\ \\" \\' \\xHH\n  sk_buff.n == "a\\qb"\n                 ^^`],
    [
      `sk_buff.n == "a\\x00"`,
      `text in the kernel ends at its first NUL byte, so it has none to compare with\n  sk_buff.n == "a\\x00"\n               ^^^^^^^`,
    ],
  ])("%s", (text, wanted) => {
    expect(complaint(text)).toBe(wanted);
  });

  test("text of more than 255 bytes, and deep nesting", () => {
    expect(complaint(`sk_buff.n == "${"x".repeat(255)}"`)).toBe("accepted");
    expect(complaint(`sk_buff.n == "${"x".repeat(256)}"`)).toStartWith("it is longer than 255 bytes");
    expect(complaint(`${"(".repeat(99)}sk_buff.n${")".repeat(99)}`)).toBe("accepted");
    expect(complaint(`${"!".repeat(100_000)}sk_buff.n`)).toStartWith("it is nested more than 100 levels deep");
  });
});
