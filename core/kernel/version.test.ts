import { expect, test } from "bun:test";
import { matchesRequirement, parseRelease, parseRequirement } from "./version.ts";

test.each([
  ["6.2.14-300.fc38.x86_64", { major: 6, minor: 2, patch: 14, build: 300 }],
  ["6.4.12-arch1-1", { major: 6, minor: 4, patch: 12, build: 1 }],
  ["6.2.14.fc38.x86_64", { major: 6, minor: 2, patch: 14 }],
  ["6.1.0-50-cloud-amd64", { major: 6, minor: 1, patch: 0, build: 50 }],
  ["6.12.0+", { major: 6, minor: 12, patch: 0 }],
  ["6.12.107+deb13-amd64", { major: 6, minor: 12, patch: 107 }],
  ["7.2-rc3", { major: 7, minor: 2, patch: 0 }],
  ["6.18.44-fc-v657", { major: 6, minor: 18, patch: 44 }],
  ["5.15.x-custom", { major: 5, minor: 15, patch: 0 }],
])("release %s", (release, version) => {
  expect(parseRelease(release)).toEqual(version);
});

test("a release without numbers has no version", () => {
  expect(parseRelease("linux-next")).toBeUndefined();
  expect(parseRelease("")).toBeUndefined();
});

test.each([
  ["> 6.2", "6.2.14", false],
  ["= 6", "6.2.14", true],
  [">=6.2,<6.4", "6.3.0", true],
  [">= 6.2, < 6.4", "6.4.0", false],
  ["!= 6.2.14", "6.2.15", true],
  ["<= 6.2.14-200", "6.2.14-300.fc38.x86_64", false],
  ["> 6.2.14-200", "6.2.14", true],
  ["= 6.2.14-300", "6.2.14-300.fc38.x86_64", true],
  [">= 5, < 7, != 6.3", "6.3.9", false],
])("%s on %s is %p", (requirement, release, expected) => {
  expect(matchesRequirement(parseRelease(release)!, parseRequirement(requirement))).toBe(expected);
});

test.each(["", "6.2", ">", "> 6.0.0 <= 7", "> 6.2x", "> 6,", "=> 6", "> 6 .2", "> 6.2.1-", "> 6/2"])("%p is not a requirement", (text) => {
  expect(() => parseRequirement(text)).toThrow(`Invalid kernel version requirement "${text}":`);
});
