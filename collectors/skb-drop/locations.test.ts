import { expect, test } from "bun:test";
import { dropAdvice } from "./advice/drop-advice.ts";
import { dropLocations } from "./locations/drop-locations.ts";

const functions = dropLocations.flatMap((location) => location.functions);
const reasons = new Set(dropAdvice.flatMap(({ name, aliases = [] }) => [name, ...aliases]));

test("each function is explained once and spelt as in the kernel", () => {
  expect(new Set(functions).size).toBe(functions.length);
  expect(functions.filter((name) => !/^[a-z_][a-z0-9_]*$/.test(name))).toEqual([]);
});

test.each(dropLocations.map((location) => [location.functions[0]!, location] as const))("%s", (_, { meaning, drops, steps }) => {
  for (const text of [meaning, ...Object.values(drops), ...steps]) expect(text).toMatch(/^\S.*[^.\s]$/);
  for (const text of [meaning, ...Object.values(drops)]) expect(text).toMatch(/^[A-Z0-9]/);
  expect(Object.keys(drops).filter((reason) => !reasons.has(reason))).toEqual([]);
  expect(Object.keys(drops)).not.toEqual([]);
  expect(steps).not.toEqual([]);
});

test("steps lead to functions and reasons that are explained", () => {
  const targets = dropLocations.flatMap(({ steps }) => steps.flatMap((step) => /retis explain (\w+)/.exec(step)?.[1] ?? []));
  expect(targets.filter((name) => !functions.includes(name) && !reasons.has(name))).toEqual([]);
});

test("no function has the name of a reason, which would hide it", () => {
  expect(functions.filter((name) => reasons.has(name.toUpperCase()))).toEqual([]);
});
