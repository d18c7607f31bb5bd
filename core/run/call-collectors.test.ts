import { expect, spyOn, test } from "bun:test";
import { defineCollector } from "../api/collector.ts";
import type { Run } from "../api/run.ts";
import { log } from "../base/log.ts";
import { callEach } from "./call-collectors.ts";
import type { PlannedCollector } from "./collector-plans.ts";

function planned(name: string, stop: () => void | Promise<void>): [PlannedCollector, Run] {
  const collector = defineCollector({ name, summary: "Test", apiVersion: 1, sections: [], setup: () => ({ hooks: [] }), stop });
  return [{ loaded: { collector } } as never, {} as Run];
}

test("a collector that fails, or does not end, does not keep the others from their turn", async () => {
  const lines: string[] = [];
  const stopped: string[] = [];
  const warn = spyOn(log, "warn").mockImplementation((line) => void lines.push(line));
  const runs = [
    planned("endless", () => new Promise(() => {})),
    planned("faulty", () => {
      throw new Error("no such table");
    }),
    planned("late", () => Promise.reject(new Error("gone"))),
    planned("fine", async () => void stopped.push("fine")),
  ];
  await callEach(new Map(runs), "stop", 50);
  await callEach(new Map(runs), "start", 50);
  warn.mockRestore();
  expect(stopped).toEqual(["fine"]);
  expect(lines).toEqual([
    "Cannot stop collector endless: it took longer than 50 ms",
    "Cannot stop collector faulty: no such table",
    "Cannot stop collector late: gone",
  ]);
});
