import { expect, test } from "bun:test";
import { counted } from "./plural.ts";

test.each([
  [0, "0 events"],
  [1, "1 event"],
  [2, "2 events"],
  [1n, "1 event"],
  [2n ** 60n, "1152921504606846976 events"],
])("%p", (count, text) => expect(counted(count, "event")).toBe(text));
