import { expect, test } from "bun:test";
import { LocationTable } from "./location-table.ts";

test("a place is looked up once, and halves are not mixed up", () => {
  const lookedUp: bigint[] = [];
  const table = new LocationTable((address) => {
    lookedUp.push(address);
    return address === 1n ? undefined : `0x${address.toString(16)}`;
  }, "location");
  for (let i = 0; i < 3; i++) expect(table.get(0x81000010, 0xffffffff).value).toBe("0xffffffff81000010");
  expect(table.get(0x81000010, 0xfffffffe).value).toBe("0xfffffffe81000010");
  for (let i = 0; i < 2; i++) expect(table.get(1, 0).value).toBeUndefined();
  expect(table.get(0, 0).value).toBeUndefined();
  expect(lookedUp).toEqual([0xffffffff81000010n, 0xfffffffe81000010n, 1n]);
});
