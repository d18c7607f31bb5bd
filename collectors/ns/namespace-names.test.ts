import { expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NetworkNamespace } from "../../core/libbpf/network-namespace.ts";
import { kernelNow } from "../../core/libbpf/clock.ts";
import { lookAtNamespace } from "./namespace-file.ts";
import { NamespaceNames } from "./namespace-names.ts";

const second = 1_000_000_000;

/** A directory of names whose files can be changed, and a clock that does not move by itself. */
function bench(reportsCookies = true) {
  const directory = mkdtempSync(join(tmpdir(), "retis-netns-"));
  const files = new Map<string, { inode: number; cookie: number; since: number }>();
  const state = { now: 10 * second, opened: 0 };
  const put = (name: string, inode: number, cookie: number) => {
    writeFileSync(join(directory, name), "");
    files.set(name, { inode, cookie, since: state.now });
  };
  const remove = (name: string) => {
    rmSync(join(directory, name));
    files.delete(name);
  };
  const at = (path: string) => files.get(path.slice(directory.length + 1));
  const look = (path: string) => {
    const file = at(path);
    return file && { inode: file.inode, identity: `${file.inode}/${file.since}` };
  };
  const openNamespace = (path: string) => {
    const file = at(path);
    if (file === undefined) return undefined;
    state.opened++;
    const { inode, cookie, since } = file;
    return {
      ...{ inode, cookie: reportsCookies ? cookie : undefined, since: BigInt(since), descriptor: -1 },
      ...{ netlink: () => new Uint8Array(0), [Symbol.dispose]() {} },
    };
  };
  const names = new NamespaceNames({ directory, host: { now: () => BigInt(state.now), openNamespace }, look });
  return { state, put, remove, find: names.find, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
}

/** Cookies of events of two namespaces, and whether the kernel reports a namespace's (Linux 5.14). */
const kernels = [
  ["with cookies", 1, 2, true],
  ["with cookies that user space does not see", 1, 2, false],
  ["without cookies", 0, 0, false],
] as const;

test.each(kernels)("a number that is given again has the new name, at once, %s", (_kernel, first, later, reported) => {
  using it = bench(reported);
  it.put("frontend", 77, 1);
  it.state.now += second;
  expect(it.find(77, first, it.state.now)).toBe("frontend");
  const before = it.state.now;
  it.remove("frontend");
  it.state.now += second;
  it.put("payments", 77, 2);
  it.state.now += second;
  expect(it.find(77, later, it.state.now)).toBe("payments");
  expect(it.find(77, later, it.state.now)).toBe("payments");
  // An event of the first namespace that was read late.
  expect(it.find(77, first, before)).toBe(first === 0 ? undefined : "frontend");
});

test.each(kernels)("an event of another namespace from before does not get the name, %s", (_kernel, _first, other, reported) => {
  using it = bench(reported);
  const before = it.state.now - 1;
  it.put("payments", 77, 1);
  it.state.now += second;
  expect(it.find(77, other, before)).toBeUndefined();
});

test.each(kernels)("a deleted name is not given to a number that is used again without a name, %s", (_kernel, first, later, reported) => {
  using it = bench(reported);
  it.put("frontend", 77, 1);
  it.state.now += second;
  expect(it.find(77, first, it.state.now)).toBe("frontend");
  it.remove("frontend");
  it.state.now += 5;
  expect(it.find(77, later, it.state.now)).toBeUndefined();
});

test.each(kernels)("a number that is given again does not wait for the next reading, %s", (_kernel, first, later, reported) => {
  using it = bench(reported);
  it.put("frontend", 77, 1);
  it.state.now += 1;
  expect(it.find(77, first, it.state.now)).toBe("frontend");
  it.remove("frontend");
  it.put("payments", 77, 2);
  it.state.now += 1;
  expect(it.find(77, later, it.state.now)).toBe("payments");
});

test("a namespace that gets another name has it a second later at the latest", () => {
  using it = bench();
  it.put("old", 77, 1);
  it.state.now += 1;
  expect(it.find(77, 1, it.state.now)).toBe("old");
  it.remove("old");
  it.put("new", 77, 1);
  it.state.now += second + 2;
  expect(it.find(77, 1, it.state.now)).toBe("new");
});

test("a namespace keeps its last name after the name is deleted", () => {
  using it = bench();
  it.put("blue", 77, 1);
  it.state.now += 1;
  expect(it.find(77, 1, it.state.now)).toBe("blue");
  it.state.now += 5 * second;
  it.remove("blue");
  expect(it.find(77, 1, it.state.now)).toBe("blue");
  expect(it.find(77, 2, it.state.now)).toBeUndefined();
});

test("with a cookie, events from before the file was made have the name too", () => {
  using it = bench();
  const before = it.state.now - 1;
  it.put("blue", 77, 1);
  expect(it.find(77, 1, before)).toBe("blue");
});

test("a file is opened once, and not at all for other namespaces", () => {
  using it = bench();
  for (const number of [77, 78, 79]) it.put(`n${number}`, number, number);
  for (let i = 0; i < 5; i++) {
    it.state.now += 1;
    it.find(78, 78, it.state.now);
  }
  expect(it.state.opened).toBe(1);
});

test("numbers without a name, and a directory that does not exist", () => {
  using it = bench();
  expect(it.find(1, 1, it.state.now)).toBeUndefined();
  const host = { now: () => 1n, openNamespace: () => undefined };
  expect(new NamespaceNames({ directory: "/nonexistent", host }).find(1, 1, 1)).toBeUndefined();
});

test.if(process.getuid?.() === 0 && Bun.which("ip") !== null)("a real namespace", () => {
  const name = `retis-test-${process.pid}-name`;
  execFileSync("ip", ["netns", "add", name]);
  try {
    using opened = NetworkNamespace.open(`/run/netns/${name}`)!;
    const host = { now: kernelNow, openNamespace: (path: string) => NetworkNamespace.open(path) };
    const { find } = new NamespaceNames({ directory: "/run/netns", host });
    expect(find(opened.inode, opened.cookie ?? 0, kernelNow() + 20_000_000n)).toBe(name);
    expect(find(opened.inode, 12345, 1)).toBeUndefined();
  } finally {
    execFileSync("ip", ["netns", "del", name]);
  }
});

test("a file has an identity beside its number", () => {
  const directory = mkdtempSync(join(tmpdir(), "retis-netns-"));
  try {
    writeFileSync(join(directory, "blue"), "");
    const { inode = 0, identity } = lookAtNamespace(join(directory, "blue")) ?? {};
    expect(identity).toMatch(new RegExp(`^${inode}/\\d+$`));
    expect(lookAtNamespace(join(directory, "red"))).toBeUndefined();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
