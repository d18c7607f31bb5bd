import { describe, expect, test } from "bun:test";
import { apiVersion, defineCollector } from "../api/collector.ts";
import type { LoadedCollector } from "../api/loaded-collector.ts";
import { isPath, selectCollectors, withCompanions } from "./select-collectors.ts";

function loaded(name: string, source: LoadedCollector["source"] = "built-in"): LoadedCollector {
  const collector = defineCollector({ name, summary: name, apiVersion, sections: [], setup: () => ({ hooks: [] }) });
  return { collector, source, directory: source === "built-in" ? undefined : `/plugins/${name}` };
}

const skb = loaded("skb");
const drop = loaded("skb-drop");
const dev = loaded("dev");
const found = loaded("found", "directory");
const all = [skb, drop, dev, found];

test.each([
  ["nothing given", [], { auto: true, onlyAuto: true, required: [] }, all],
  ["auto", ["auto"], { auto: true, onlyAuto: true, required: [] }, all],
  ["auto and a name", ["dev", "auto"], { auto: true, onlyAuto: false, required: ["dev"] }, all],
  ["names, in any order", ["dev", "skb", "dev"], { auto: false, onlyAuto: false, required: ["skb", "dev"] }, [skb, dev]],
  ["a third party by name", ["found"], { auto: false, onlyAuto: false, required: ["found"] }, [found]],
])("%s", (_, requested, choice, tried) => {
  expect(selectCollectors(requested, all)).toEqual({ choice, tried });
});

test("a path makes the collector of that directory required", () => {
  const named = loaded("named", "path");
  expect(selectCollectors(["./named", "skb"], [...all, named])).toEqual({
    choice: { auto: false, onlyAuto: false, required: ["skb", "named"] },
    tried: [skb, named],
  });
  expect(selectCollectors(["./named"], [...all, named]).tried).toEqual([named]);
  expect(selectCollectors(["./named", "auto"], [...all, named]).choice).toEqual({ auto: true, onlyAuto: false, required: ["named"] });
});

test("only values with a slash are paths", () => {
  expect([isPath("./x"), isPath("/x"), isPath("skb-drop")]).toEqual([true, true, false]);
});

test("an unknown name is refused with the nearest one and the list", () => {
  expect(() => selectCollectors(["skb-dropp"], all)).toThrow('Unknown collector "skb-dropp"');
  try {
    selectCollectors(["skb-dropp"], all);
  } catch (error) {
    expect(error).toMatchObject({
      code: "UNKNOWN_COLLECTOR",
      options: { exitCode: 2, hint: 'Did you mean "skb-drop"? Collectors: auto, skb, skb-drop, dev, found' },
    });
  }
});

describe("companions", () => {
  const lonely = { ...drop, collector: { ...drop.collector, companions: ["dev", "missing"] } };
  const there = [skb, lonely, dev, found];
  const select = (...requested: string[]) => withCompanions(selectCollectors(requested, there), there);

  test("run beside those that want them", () => {
    expect(select("skb-drop", "skb")).toEqual({
      choice: { auto: false, onlyAuto: false, required: ["skb", "skb-drop"], companions: ["dev"] },
      tried: [skb, lonely, dev],
    });
  });

  test("are nothing special when they are chosen anyway", () => {
    expect(select("skb-drop", "dev")).toMatchObject({ choice: { required: ["skb-drop", "dev"], companions: [] }, tried: [lonely, dev] });
    expect(select("auto")).toMatchObject({ choice: { companions: [] }, tried: there });
    expect(select("skb")).toMatchObject({ choice: { companions: [] }, tried: [skb] });
  });
});
