import { expect, test } from "bun:test";
import { programTypes } from "../probe/program-types.ts";
import { lossTexts } from "./loss.ts";

test("every reason of the programs has a text, and no other", () => {
  const reasons = [...programTypes().enumValues("retis_loss").keys()].filter((name) => name !== "RETIS_LOSS_REASONS");
  expect(Object.keys(lossTexts).sort()).toEqual(reasons.sort());
  expect(programTypes().arrayLength("retis_counters", "lost")).toBe(reasons.length);
});
