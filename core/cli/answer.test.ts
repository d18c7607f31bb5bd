import { expect, test } from "bun:test";
import { join } from "node:path";
import { runCommand } from "../../test/support/command.ts";

const answer = join(import.meta.dir, "answer.ts");

function written(name: string, text: string) {
  return runCommand([process.execPath, "-e", `(await import(${JSON.stringify(answer)})).${name}(${JSON.stringify(text)})`], {});
}

test.each([
  ["writeAnswer", "a\u001b[8mb\tc\u0085\n", "a\\x1b[8mb\tc\\x85\n"],
  ["writeTextAnswer", "\u001b[1ma\u001b[0m\u001b]0;x\u0007\u202e\n", "\u001b[1ma\u001b[0m\\x1b]0;x\\x07\\u202e\n"],
  ["writeJsonAnswer", '"\u0085"\n', '"\u0085"\n'],
  ["writeExactAnswer", "\u001b[8m\n", "\u001b[8m\n"],
])("%s() to a pipe: what may control a terminal is escaped in text, JSON is exact", async (name, text, shown) => {
  expect(await written(name, text)).toMatchObject({ status: 0, stdout: shown });
});
