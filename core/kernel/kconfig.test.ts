import { expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { kernelConfigPaths, parseKernelConfig } from "./kconfig.ts";

const text = `#
# Automatically generated file; DO NOT EDIT.
CONFIG_NF_TABLES=m
CONFIG_LOCALVERSION="-cloud"
CONFIG_EMPTY=""
CONFIG_HZ=250
# CONFIG_OPENVSWITCH is not set
# CONFIG_COMMENT is a comment
`;

test("values, quotes, unset options and comments", () => {
  expect([...parseKernelConfig(Buffer.from(text))]).toEqual([
    ["CONFIG_NF_TABLES", "m"],
    ["CONFIG_LOCALVERSION", "-cloud"],
    ["CONFIG_EMPTY", ""],
    ["CONFIG_HZ", "250"],
    ["CONFIG_OPENVSWITCH", "n"],
  ]);
});

test("gzip is recognised by its first bytes", () => {
  expect(parseKernelConfig(gzipSync(text)).get("CONFIG_NF_TABLES")).toBe("m");
});

test("files of no and one byte are empty configurations", () => {
  expect(parseKernelConfig(new Uint8Array()).size).toBe(0);
  expect(parseKernelConfig(new Uint8Array([0x1f])).size).toBe(0);
});

test("an option without value is an error that names the line", () => {
  expect(() => parseKernelConfig(Buffer.from("\nCONFIG_A\n"))).toThrow('line 2 has no "="');
});

test("the running kernel's own copy comes first", () => {
  expect(kernelConfigPaths("6.1.0")).toEqual([
    "/proc/config.gz",
    "/boot/config-6.1.0",
    "/lib/modules/6.1.0/config",
    "/run/host/usr/lib/modules/6.1.0/config",
  ]);
});
