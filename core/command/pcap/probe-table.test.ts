import { expect, test } from "bun:test";
import { ProbeTable } from "./probe-table.ts";

test("a probe's name from a damaged file cannot control the terminal, nor forge a line", () => {
  const table = new ProbeTable();
  for (const symbol of ["net:\u0085one\u202e", "two\nthree\u001b[8m"]) table.add({ kernel: { symbol, probe_type: "raw_tracepoint" } });
  expect(table.text()).toBe("tp:net:\\x85one\\u202e  1 event, 0 with a packet\ntp:two\\nthree\\x1b[8m  1 event, 0 with a packet\n");
});
