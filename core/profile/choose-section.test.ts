import { expect, test } from "bun:test";
import { chooseSection } from "./choose-section.ts";
import { parseProfiles } from "./parse-profiles.ts";

function profile(...sections: readonly string[]) {
  return parseProfiles(`version: 1.0\nname: p\ncollect: [${sections.join(", ")}]`, "x").profiles[0]!;
}

const kernel = { release: "6.2.14-300.fc38.x86_64", parameters: (name: string) => (name === "ip_rcv" ? [] : undefined) };

function choose(...sections: readonly string[]) {
  return chooseSection(profile(...sections), "collect", async () => kernel).then((section) => section?.name);
}

test.each([
  ['{type: version, version: ">= 6.2"}', true],
  ['{type: version, version: "> 6.2"}', false],
  ["{type: symbol, name: ip_rcv}", true],
  ["{type: symbol, name: ip_rcv, exists: false}", false],
  ["{type: symbol, name: nothing}", false],
  ["{type: symbol, name: nothing, exists: false}", true],
  ['{type: symbol, name: ip_rcv}, {type: version, version: "< 6"}', false],
])("%s holds: %p", async (conditions, expected) => {
  expect(await choose(`{name: A, when: [${conditions}], args: }`)).toBe(expected ? "A" : undefined);
});

test("the first section that fits is used", async () => {
  expect(await choose("{name: A, when: [{type: symbol, name: x}], args: }", "{name: B, args: }", "{name: C, args: }")).toBe("B");
});

test("without conditions the kernel is not looked at", async () => {
  const noKernel = () => Promise.reject(new Error("looked"));
  expect((await chooseSection(profile("{name: A, args: }"), "collect", noKernel))?.name).toBe("A");
  expect(await chooseSection(profile(), "pcap", noKernel)).toBeUndefined();
});

test("a release without a version fits no requirement", async () => {
  const odd = { ...kernel, release: "mainline" };
  expect(await chooseSection(profile('{when: [{type: version, version: "> 1"}], args: }'), "collect", async () => odd)).toBeUndefined();
});
