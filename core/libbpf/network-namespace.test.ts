import { expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { readlinkSync } from "node:fs";
import { kernelNow } from "./clock.ts";
import { NetworkNamespace } from "./network-namespace.ts";

const isRoot = process.getuid?.() === 0;
const ownLink = () => readlinkSync("/proc/thread-self/ns/net");

/** RTM_GETLINK of interface 1 (rtnetlink(7)). */
const getLoopback = new Uint8Array(32);
new DataView(getLoopback.buffer).setUint32(0, 32, true);
new DataView(getLoopback.buffer).setUint16(4, 18, true);
new DataView(getLoopback.buffer).setUint16(6, 1, true);
new DataView(getLoopback.buffer).setInt32(20, 1, true);

/** Flags of an interface in RTM_NEWLINK; the lowest bit: up. */
const isUp = (answer: Uint8Array) => (new DataView(answer.buffer, answer.byteOffset).getUint32(24, true) & 1) === 1;

test("a path that leads to no namespace", () => {
  expect(NetworkNamespace.open("/proc/self/ns/nothing")).toBeUndefined();
});

test("the own namespace answers, and has had its number all the time", () => {
  using own = NetworkNamespace.open("/proc/self/ns/net")!;
  expect(ownLink()).toBe(`net:[${own.inode}]`);
  expect(own.since).toBe(0n);
  expect(own.netlink(0, getLoopback).length).toBeGreaterThan(32);
});

test.if(isRoot)("another namespace is entered and left; its cookie is another one's", () => {
  const name = `retis-test-${process.pid}`;
  const before = kernelNow();
  execFileSync("ip", ["netns", "add", name]);
  try {
    using own = NetworkNamespace.open("/proc/self/ns/net")!;
    using other = NetworkNamespace.open(`/run/netns/${name}`)!;
    const link = ownLink();
    expect(other.inode).not.toBe(own.inode);
    if (own.cookie !== undefined) expect(other.cookie).not.toBe(own.cookie);
    expect(other.since).toBeGreaterThan(before);
    expect(isUp(other.netlink(0, getLoopback))).toBe(false);
    execFileSync("ip", ["-n", name, "link", "set", "lo", "up"]);
    expect(isUp(other.netlink(0, getLoopback))).toBe(true);
    expect(ownLink()).toBe(link);
    execFileSync("ip", ["netns", "del", name]);
    // It lives as long as it is open.
    expect(isUp(other.netlink(0, getLoopback))).toBe(true);
  } finally {
    Bun.spawnSync(["ip", "netns", "del", name]);
  }
});
