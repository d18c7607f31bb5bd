import { expect, test } from "bun:test";
import { apiFault, apiMinor, apiVersion } from "./api-range.ts";

test.each([{ api: `${apiVersion}.x` }, { api: `${apiVersion}.0` }, { api: `${apiVersion}.${apiMinor}` }, { apiVersion }])(
  "%p fits",
  (declared) => {
    expect(apiFault(declared)).toBeUndefined();
  },
);

test.each([
  [{}, 'has no api, such as "1.x"'],
  [{ api: "2.x" }, `is written for API version 2.x, and this retis has ${apiVersion}.${apiMinor}`],
  [{ api: `${apiVersion}.${apiMinor + 1}` }, "is written for API version"],
  [{ api: "^1.0" }, "has an api that is not a range"],
  [{ api: 1 }, "has an api that is not a range"],
  [{ apiVersion: 99 }, "is written for API version 99"],
])("%p does not", (declared, fault) => {
  expect(apiFault(declared)).toStartWith(fault);
});
