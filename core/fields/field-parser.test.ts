import { describe, expect, test } from "bun:test";
import { parseFields } from "./field-parser.ts";

/** The message without its marks, and what they mark. */
function complaint(text: string): readonly [string, string] {
  try {
    parseFields(text);
  } catch (error) {
    const [first = "", , marks = ""] = (error as Error).message.split("\n");
    const start = marks.indexOf("^") - 2;
    return [first.replace("Invalid fields of a probe: ", ""), text.slice(start, start + marks.trim().length)];
  }
  return ["accepted", ""];
}

describe("parseFields", () => {
  test.each([
    ["skb.len", ["len"]],
    [" sk -> sk_state , skb.len as length ", ["sk_state", "length"]],
    ["tcp_sock(sk).snd_cwnd, hex(skb.mark), retval", ["snd_cwnd", "mark", "retval"]],
    ["skb.cb[3], sk.__sk_common.skc_daddr", ["cb", "skc_daddr"]],
    ["as.as as as", ["as"]],
    ["str(net_device(skb.dev).name) as dev_name", ["dev_name"]],
  ])("names of %s", (text, names) => {
    expect(parseFields(text).map(({ name }) => name)).toEqual(names);
  });

  test("calls, members and elements are nested as they are written", () => {
    expect(parseFields("tcp_sock(sk).a[2]")[0]?.expression).toMatchObject({
      kind: "element",
      index: 2,
      of: { kind: "member", name: "a", of: { kind: "call", name: "tcp_sock", of: { kind: "name", name: "sk" } } },
    });
  });

  test.each([
    ["", "expected an argument of the probe, such as skb or arg0, found the end", ""],
    ["skb.", "expected the name of a member, found the end", ""],
    ["skb.len,", "expected an argument of the probe, such as skb or arg0, found the end", ""],
    ["skb.len skb.mark", 'expected ",", "as" or the end, found "s"', "s"],
    ["hex(skb.len", 'expected ")", found the end', ""],
    ["skb.cb[x]", 'expected the number of an element, found "x"', "x"],
    ["skb.cb[99999999]", "array index out of range", "9"],
    ["skb.len, skb.len", 'two fields are called "len"', "skb.len"],
    ["skb.len as Len", '"Len" cannot be the name of a field', "Len"],
    ["skb.len as", "expected the name of the field, found the end", ""],
    ["skb.len == 3", 'expected ",", "as" or the end, found "="', "="],
    [`${"hex(".repeat(30)}x${")".repeat(30)}`, "it is nested more than 20 levels deep", "h"],
  ])("refuses %s", (text, message, marked) => {
    expect(complaint(text)).toEqual([message, marked]);
  });
});
