import { expect, test } from "bun:test";
import type { ProbeArgument } from "../userspace/probe-argument.ts";
import { uprobeTypes, userSiteConfig } from "./user-site.ts";

const types = uprobeTypes();

function site(values: readonly (ProbeArgument | undefined)[] | undefined) {
  const bytes = userSiteConfig(7, values ? "usdt" : "uprobe", {
    offset: 1,
    address: 0x1234,
    semaphore: 0,
    arguments: values,
    operands: "",
  });
  const view = new DataView(bytes.buffer);
  const word = (struct: string, name: string, base = 0) => view.getUint32(base + types.member(struct, name).offset, true);
  const args = types.member("retis_user_site", "args").offset;
  return {
    size: bytes.length,
    probe: word("retis_user_site", "probe"),
    nargs: word("retis_user_site", "nargs"),
    type: word("retis_user_site", "type"),
    address: view.getBigUint64(types.member("retis_user_site", "address").offset, true),
    argument(index: number) {
      const at = args + index * types.struct("retis_user_argument").size;
      const offset = (name: string) => at + types.member("retis_user_argument", name).offset;
      return {
        value: view.getBigInt64(offset("value"), true),
        base: view.getUint16(offset("base"), true),
        index: view.getUint16(offset("index"), true),
        shift: view.getUint8(offset("index_shift")),
        cut: view.getUint8(offset("cut")),
        operand: word("retis_user_argument", "operand", at),
        flags: word("retis_user_argument", "flags", at),
      };
    },
  };
}

const none = 0xffff;
const operand = (name: string) => types.enumValue("retis_operand", name);
const flag = (name: string) => types.enumValue("retis_argument_flags", name);

test("a site says whose it is", () => {
  const { size, probe, nargs, type, address } = site([undefined]);
  expect(size).toBe(types.struct("retis_user_site").size);
  expect([probe, nargs, type, address]).toEqual([7, 1, types.enumValue("retis_probe_type", "RETIS_USDT"), 0x1234n]);
});

test.skipIf(process.arch !== "x64")("operands of every kind", () => {
  const dx = types.member("retis_registers", "dx").offset;
  const ax = types.member("retis_registers", "ax").offset;
  const { argument } = site([
    undefined,
    { size: 4, signed: true, operand: { kind: "constant", value: -12n } },
    { size: 1, signed: false, operand: { kind: "register", register: { name: "dx", bit: 8 } } },
    { size: 8, signed: false, operand: { kind: "memory", base: "dx", displacement: -8n, index: { name: "ax", shift: 3 } } },
    { size: 2, signed: true, operand: { kind: "memory", displacement: 0x4010n, relative: true } },
  ]);
  const blank = { value: 0n, base: none, index: none, shift: 0, cut: 0, flags: 0 };
  expect(argument(0)).toEqual({ ...blank, operand: operand("RETIS_OPERAND_NONE") });
  expect(argument(1)).toEqual({ ...blank, value: -12n, cut: 32, operand: operand("RETIS_OPERAND_CONSTANT"), flags: flag("RETIS_SIGNED") });
  expect(argument(2)).toEqual({ ...blank, base: dx, cut: 56, operand: operand("RETIS_OPERAND_REGISTER"), flags: flag("RETIS_HIGH_BYTE") });
  expect(argument(3)).toEqual({ ...blank, value: -8n, base: dx, index: ax, shift: 3, operand: operand("RETIS_OPERAND_MEMORY") });
  expect(argument(4)).toEqual({
    ...blank,
    value: 0x4010n,
    cut: 48,
    operand: operand("RETIS_OPERAND_MEMORY"),
    flags: flag("RETIS_SIGNED") | flag("RETIS_RELATIVE"),
  });
});

test("a function has the registers of its arguments", () => {
  const registers = process.arch === "arm64" ? 8 : 6;
  expect(site(undefined).nargs).toBe(registers);
  expect(site(undefined).argument(0)).toMatchObject({ cut: 0, operand: operand("RETIS_OPERAND_REGISTER") });
});

test("no more arguments than there is room for", () => {
  const most = types.arrayLength("retis_user_site", "args");
  expect(site(Array.from({ length: most + 5 }, () => undefined)).nargs).toBe(most);
});
