import { expect, test } from "bun:test";
import { type RuleSource, RuleTexts } from "./rule-texts.ts";

interface Namespace {
  readonly cookie: number;
  /** Time of the kernel's clock since when it has had its number; nanoseconds. */
  readonly since: number;
  generation: number;
  rules: Record<number, string>;
}

const table = 7;
const second = 1_000_000_000;

/** Kernels that report cookies to user space, and others. */
const kernels = [
  ["with cookies", true],
  ["without cookies", false],
] as const;

/** A kernel whose namespaces have one table each, and a clock that moves only when it is moved. */
function bench(reportsCookies = true) {
  const state = { now: 10 * second, readings: 0, takes: 0 };
  const namespaces = new Map<number, Namespace>();
  let cookies = 0;
  const view = (netns: number) => {
    const namespace = namespaces.get(netns);
    if (namespace === undefined) return undefined;
    return { cookie: reportsCookies ? namespace.cookie : undefined, since: BigInt(namespace.since), at: BigInt(state.now) };
  };
  const source: RuleSource = {
    view,
    list: (netns) => {
      state.readings++;
      state.now += state.takes * 1_000_000;
      const found = view(netns);
      const namespace = namespaces.get(netns);
      if (found === undefined || namespace === undefined) return undefined;
      const lines = Object.entries(namespace.rules).map(([handle, text]) => `\t\t${text} # handle ${handle}`);
      const text = [`table ip t { # handle ${table}`, "\tchain c { # handle 1", ...lines, "\t}", "}"].join("\n");
      return { ...found, generation: namespace.generation, text };
    },
  };
  const texts = new RuleTexts(source, () => state.now / 1_000_000);
  return {
    state,
    texts,
    /** A namespace gets the number. */
    add: (netns: number, rules: Record<number, string>) => {
      const namespace = { cookie: ++cookies, since: state.now, generation: 2, rules };
      namespaces.set(netns, namespace);
      state.now += 1;
      return namespace;
    },
    /** An event of a rule, now. */
    event: (netns: number, rule: number) => {
      const { cookie = 0, generation = 1 } = namespaces.get(netns) ?? {};
      return { netns, cookie: reportsCookies ? cookie : 0, time: (state.now += 1), generation, table, rule };
    },
    change: (namespace: Namespace, rules: Record<number, string>) => {
      namespace.generation++;
      namespace.rules = rules;
    },
    pass: (milliseconds: number) => (state.now += milliseconds * 1_000_000),
  };
}

test.each(kernels)("a namespace is read once, at its first rule, %s", (_, reportsCookies) => {
  const it = bench(reportsCookies);
  it.add(1, { 2: "drop", 3: "accept" });
  it.add(5, { 2: "reject" });
  expect([2, 3, 2].map((rule) => it.texts.find(it.event(1, rule)))).toEqual(["drop", "accept", "drop"]);
  expect(it.texts.find(it.event(5, 2))).toBe("reject");
  expect(it.texts.find(it.event(1, 4))).toBeUndefined();
  expect(it.state.readings).toBe(2);
});

test.each(kernels)("a number that is given again brings no text of the namespace that is gone, %s", (_, reportsCookies) => {
  const it = bench(reportsCookies);
  it.add(1, { 2: "udp dport 6000 drop" });
  expect(it.texts.read(1)).toContain("6000");
  const late = it.event(1, 2);
  it.pass(5);
  // Same number, same handles, same generation.
  it.add(1, { 2: "udp dport 7000 drop" });
  const first = it.texts.find(it.event(1, 2));
  expect(first === undefined || first === "udp dport 7000 drop").toBe(true);
  it.pass(1000);
  expect(it.texts.find(it.event(1, 2))).toBe("udp dport 7000 drop");
  // An event of the first one that was read late.
  const lateText = it.texts.find(late);
  expect(lateText === undefined || lateText === "udp dport 6000 drop").toBe(true);
});

test("with cookies, a namespace that has the number of another one is read at once", () => {
  const it = bench();
  it.add(1, { 2: "udp dport 6000 drop" });
  it.texts.read(1);
  it.add(1, { 2: "udp dport 7000 drop" });
  expect(it.texts.find(it.event(1, 2))).toBe("udp dport 7000 drop");
});

test("without cookies, an event from before the namespace had its number has no text", () => {
  const it = bench(false);
  const before = { ...it.event(1, 2), generation: 2 };
  it.pass(1);
  it.add(1, { 2: "drop" });
  expect(it.texts.find(before)).toBeUndefined();
});

test("policies, namespaces that cannot be read and unknown generations have no text", () => {
  const it = bench();
  it.add(1, { 2: "drop" });
  expect(it.texts.find(it.event(1, 0))).toBeUndefined();
  expect(it.texts.find({ ...it.event(1, 2), generation: 0 })).toBeUndefined();
  expect(it.texts.find(it.event(0, 2))).toBeUndefined();
  expect(it.state.readings).toBe(0);
  for (let i = 0; i < 5; i++) expect(it.texts.find(it.event(404, 2))).toBeUndefined();
  expect(it.state.readings).toBe(1);
});

test("events of a namespace that is gone do not make the living one with its number be read each time", () => {
  const it = bench();
  it.add(1, { 2: "drop" });
  const gone = it.event(1, 2);
  it.add(1, { 2: "accept" });
  for (let i = 0; i < 5; i++) expect(it.texts.find(gone)).toBeUndefined();
  expect(it.state.readings).toBe(1);
});

test.each(kernels)("a rule that is replaced under its handle has its new text, %s", (_, reportsCookies) => {
  const it = bench(reportsCookies);
  const namespace = it.add(1, { 2: "udp dport 80 drop", 3: "accept" });
  it.texts.read(1);
  const old = it.event(1, 2);
  const kept = it.event(1, 3);
  it.change(namespace, { 2: "udp dport 81 drop", 3: "accept" });
  it.pass(1000);
  expect(it.texts.find(it.event(1, 2))).toBe("udp dport 81 drop");
  expect(it.state.readings).toBe(2);
  // Of before, read late.
  expect(it.texts.find(old)).toBe("udp dport 80 drop");
  expect(it.texts.find(kept)).toBe("accept");
});

test("between two readings only rules that did not change have a text", () => {
  const it = bench();
  const namespace = it.add(1, { 2: "udp dport 80 drop", 3: "accept" });
  it.texts.read(1);
  it.change(namespace, { 2: "udp dport 81 drop", 3: "accept" });
  const [changed, kept] = [it.event(1, 2), it.event(1, 3)];
  it.change(namespace, { 2: "udp dport 82 drop", 3: "accept" });
  it.pass(1000);
  expect([it.texts.find(changed), it.texts.find(kept)]).toEqual([undefined, "accept"]);
});

test("rules of before the first reading that may have been changed have no text", () => {
  const it = bench();
  const namespace = it.add(1, { 2: "udp dport 80 drop" });
  const event = it.event(1, 2);
  it.change(namespace, { 2: "udp dport 81 drop" });
  expect(it.texts.find(event)).toBeUndefined();
});

test("the kernel's count of generations wraps around", () => {
  const it = bench();
  const namespace = it.add(1, { 2: "drop" });
  namespace.generation = 2 ** 32 - 1;
  it.texts.read(1);
  namespace.generation = 1;
  namespace.rules = { 2: "accept" };
  it.pass(1000);
  expect(it.texts.find(it.event(1, 2))).toBe("accept");
});

test("changes are read, but not too often, and a slow listing more rarely", () => {
  const it = bench();
  const namespace = it.add(1, { 2: "drop" });
  it.state.takes = 200;
  it.texts.read(1);
  it.change(namespace, { 2: "accept" });
  it.pass(1500);
  expect(it.texts.find(it.event(1, 2))).toBeUndefined();
  expect(it.state.readings).toBe(1);
  it.pass(1000);
  expect(it.texts.find(it.event(1, 2))).toBe("accept");
  expect(it.state.readings).toBe(2);
});
