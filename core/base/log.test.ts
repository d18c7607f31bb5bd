import { describe, expect, test } from "bun:test";
import { Log, type LogOptions } from "./log.ts";

function record(options: LogOptions) {
  const lines: string[] = [];
  // 2025-03-18 16:09:06.814498 UTC
  const log = new Log({ writeLine: (line) => lines.push(line), now: () => 1742314146814.498, ...options });
  log.error("e");
  log.warn("w");
  log.info("i");
  log.debug("d");
  log.trace("t");
  return { log, lines };
}

describe("Log", () => {
  test("shows info lines bare and names the level of others", () => {
    expect(record({}).lines).toEqual(["ERROR e", "WARN  w", "i"]);
    expect(record({ level: "warn" }).lines).toEqual(["ERROR e", "WARN  w"]);
    expect(record({ level: "error" }).lines).toEqual(["ERROR e"]);
  });

  test("puts time and level before every line from debug on", () => {
    expect(record({ level: "debug" }).lines).toEqual([
      "16:09:06.814498 ERROR e",
      "16:09:06.814498 WARN  w",
      "16:09:06.814498 INFO  i",
      "16:09:06.814498 DEBUG d",
    ]);
    expect(record({ level: "trace" }).lines.at(-1)).toBe("16:09:06.814498 TRACE t");
  });

  test("colours the level word only", () => {
    expect(record({ colour: true }).lines).toEqual(["\u001b[31mERROR\u001b[39m e", "\u001b[33mWARN\u001b[39m  w", "i"]);
  });

  test("takes another level and another writer", () => {
    const { log, lines } = record({});
    const others: string[] = [];
    const before = log.setLineWriter((line) => others.push(line));
    log.setLevel("error");
    log.warn("not shown");
    log.error("elsewhere");
    log.setLineWriter(before);
    log.error("back");
    expect(others).toEqual(["ERROR elsewhere"]);
    expect(lines.at(-1)).toBe("ERROR back");
    expect(log.level).toBe("error");
    expect(log.shows("warn")).toBe(false);
  });
});
