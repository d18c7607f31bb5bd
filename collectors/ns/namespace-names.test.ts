import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lookAtNamespace } from "./namespace-file.ts";
import { NamespaceNames } from "./namespace-names.ts";

/** Any steady clock does here. */
const kernelNow = () => process.hrtime.bigint();
const second = 1_000_000_000;

/** A directory of names whose files can be changed, and a clock that does not move by itself. */
function bench() {
  const directory = mkdtempSync(join(tmpdir(), "retis-netns-"));
  const files = new Map<string, { inode: number; since: number }>();
  const state = { now: 10 * second };
  const put = (name: string, inode: number) => {
    writeFileSync(join(directory, name), "");
    files.set(name, { inode, since: state.now });
  };
  const remove = (name: string) => {
    rmSync(join(directory, name));
    files.delete(name);
  };
  const look = (path: string) => {
    const file = files.get(path.slice(directory.length + 1));
    return file && { inode: file.inode, identity: `${file.inode}/${file.since}`, since: BigInt(file.since) };
  };
  const names = new NamespaceNames({ directory, now: () => BigInt(state.now), look });
  return { state, put, remove, find: names.find, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
}

/** Kernels with a cookie and without: 0. */
const cookies = [
  ["with cookies", 1, 2],
  ["without cookies", 0, 0],
] as const;

test.each(cookies)("a number that is given again has the new name, at once, %s", (_kernel, first, second_) => {
  using it = bench();
  it.put("frontend", 77);
  it.state.now += second;
  expect(it.find(77, first, it.state.now)).toBe("frontend");
  const before = it.state.now;
  it.remove("frontend");
  it.state.now += second;
  it.put("payments", 77);
  it.state.now += second;
  expect(it.find(77, second_, it.state.now)).toBe("payments");
  expect(it.find(77, second_, it.state.now)).toBe("payments");
  // An event of the first namespace that was read late.
  expect(it.find(77, first, before)).toBe(first === 0 ? undefined : "frontend");
});

test.each(cookies)("an event from before a namespace had this number does not get its name, %s", (_kernel, first) => {
  using it = bench();
  const before = it.state.now - 1;
  it.put("payments", 77);
  it.state.now += second;
  expect(it.find(77, first, before)).toBeUndefined();
});

test.each(cookies)("a deleted name is not given to a number that is used again without a name, %s", (_kernel, first, second_) => {
  using it = bench();
  it.put("frontend", 77);
  it.state.now += second;
  expect(it.find(77, first, it.state.now)).toBe("frontend");
  it.remove("frontend");
  it.state.now += 5;
  expect(it.find(77, second_, it.state.now)).toBeUndefined();
});

test.each(cookies)("a number that is given again does not wait for the next reading, %s", (_kernel, first, second_) => {
  using it = bench();
  it.put("frontend", 77);
  it.state.now += 1;
  expect(it.find(77, first, it.state.now)).toBe("frontend");
  it.remove("frontend");
  it.put("payments", 77);
  it.state.now += 1;
  expect(it.find(77, second_, it.state.now)).toBe("payments");
});

test("a namespace that gets another name has it a second later at the latest", () => {
  using it = bench();
  it.put("old", 77);
  it.state.now += 1;
  expect(it.find(77, 1, it.state.now)).toBe("old");
  it.remove("old");
  it.put("new", 77);
  it.state.now += second + 2;
  expect(it.find(77, 1, it.state.now)).toBe("new");
});

test("a namespace keeps its last name after the name is deleted", () => {
  using it = bench();
  it.put("blue", 77);
  it.state.now += 1;
  expect(it.find(77, 1, it.state.now)).toBe("blue");
  it.state.now += 5 * second;
  it.remove("blue");
  expect(it.find(77, 1, it.state.now)).toBe("blue");
  expect(it.find(77, 2, it.state.now)).toBeUndefined();
});

test("with a cookie that was proven, earlier events have the name too", () => {
  using it = bench();
  const before = it.state.now - 1;
  it.put("blue", 77);
  it.state.now += second;
  expect(it.find(77, 1, it.state.now)).toBe("blue");
  expect(it.find(77, 1, before)).toBe("blue");
});

test("numbers without a name, and a directory that does not exist", () => {
  using it = bench();
  expect(it.find(1, 1, it.state.now)).toBeUndefined();
  expect(new NamespaceNames({ directory: "/nonexistent", now: () => 1n }).find(1, 1, 1)).toBeUndefined();
});

test("real files: a file proves its number from its change on", () => {
  const directory = mkdtempSync(join(tmpdir(), "retis-netns-"));
  try {
    const before = kernelNow();
    writeFileSync(join(directory, "blue"), "");
    const inode = lookAtNamespace(join(directory, "blue"), before)!.inode;
    const { find } = new NamespaceNames({ directory, now: kernelNow });
    const later = kernelNow() + 20_000_000n;
    while (kernelNow() < later);
    expect(find(inode, 0, kernelNow())).toBe("blue");
    expect(find(inode, 0, before - 1_000_000n)).toBeUndefined();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
