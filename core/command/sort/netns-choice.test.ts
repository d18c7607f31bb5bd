import { expect, test } from "bun:test";
import { NetnsChoice } from "./netns-choice.ts";

const blue = { netns: { cookie: 17, inum: 77, name: "blue" } };
/** Has the name and the number again. */
const later = { netns: { cookie: 18, inum: 77, name: "blue" } };
const old = { netns: { inum: 77 } };

test.each([
  ["blue", [true, true, false]],
  ["bl*", [true, true, false]],
  ["77", [true, true, true]],
  ["0x11", [true, false, false]],
  ["0x0012", [false, true, false]],
  ["0X11/77", [true, false, false]],
  ["0x11/78", [false, false, false]],
  ["17", [false, false, false]],
])("%s", (text, expected) => {
  const choice = new NetnsChoice([text]);
  expect([blue, later, old].map((event) => choice.matches(event))).toEqual(expected);
});

test.each([
  ["shop/web-7d9f", true],
  ["shop/*", true],
  ["shop/web-7d9f@pod", true],
  ["app", true],
  ["app@container", true],
  ["app@pod", false],
  ["nginx.service", false],
])("the owner of a namespace: %s", (text, expected) => {
  const event = { netns: { cookie: 17, inum: 77, name: "cni-1", pod: "shop/web-7d9f", container: "app" } };
  expect(new NetnsChoice([text]).matches(event)).toBe(expected);
});

test("events without a namespace, and values of other types", () => {
  const choice = new NetnsChoice(["*"]);
  expect(choice.matches({})).toBe(false);
  expect(new NetnsChoice(["x"]).matches({ netns: { cookie: [], inum: {}, name: 5 } })).toBe(false);
});

test("a name or number of several namespaces is reported, with their cookies", () => {
  const choice = new NetnsChoice(["77", "0x11", "b*"]);
  for (const event of [blue, later, blue]) choice.matches(event);
  expect(choice.warnings()).toEqual([
    "--netns 77 chose several namespaces (0x11, 0x12): names and numbers are given again; choose one by its cookie, e.g. --netns 0x11",
  ]);
  const one = new NetnsChoice(["blue"]);
  one.matches(blue);
  expect(one.warnings()).toEqual([]);
});
