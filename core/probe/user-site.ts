/**
 * `struct retis_user_site` of bpf/probe/uprobe.bpf.c: whose place in a program it is, and where its arguments are. Layouts
 * and values are read from the BTF of that object.
 */
import { readFileSync } from "node:fs";
import uprobeObject from "../../bpf/probe/uprobe.bpf.o" with { type: "file" };
import { Btf } from "../kernel/btf.ts";
import { ObjectTypes } from "../kernel/object-types.ts";
import type { Operand } from "../userspace/operand.ts";
import type { ProbeArgument } from "../userspace/probe-argument.ts";
import type { UserSite } from "../userspace/user-target.ts";
import { elfSections } from "../libbpf/elf-sections.ts";

let objectTypes: ObjectTypes | undefined;

/** Types of the entry program of user-space probes; read once, when something of them is first needed. */
export function uprobeTypes(): ObjectTypes {
  objectTypes ??= new ObjectTypes(Btf.parse(elfSections(readFileSync(uprobeObject)).get(".BTF") ?? new Uint8Array()));
  return objectTypes;
}

/** RETIS_NO_REGISTER */
const noRegister = 0xffff;
const probeTypes = { usdt: "RETIS_USDT", uprobe: "RETIS_UPROBE" } as const;

/** Registers with the arguments of a function (RETIS_EACH_REGISTER_ARG). */
const callRegisters = process.arch === "arm64" ? ["x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7"] : ["di", "si", "dx", "cx", "r8", "r9"];
const callArguments = callRegisters.map(
  (name): ProbeArgument => ({ size: 8, signed: false, operand: { kind: "register", register: { name, bit: 0 } } }),
);

/**
 * The entry of a place in the table of places.
 * @param probe index of the probe in the run
 * @param types those of the entry program of this executable unless a test has others
 */
export function userSiteConfig(probe: number, type: "usdt" | "uprobe", site: UserSite, types = uprobeTypes()): Uint8Array {
  const most = types.arrayLength("retis_user_site", "args");
  const values = (site.arguments ?? callArguments).slice(0, most);
  const view = new DataView(new ArrayBuffer(types.struct("retis_user_site").size));
  const offsetOf = (member: string) => types.member("retis_user_site", member).offset;
  view.setUint32(offsetOf("probe"), probe, true);
  view.setUint32(offsetOf("nargs"), values.length, true);
  view.setUint32(offsetOf("type"), types.enumValue("retis_probe_type", probeTypes[type]), true);
  view.setBigUint64(offsetOf("address"), BigInt(site.address), true);
  const { size } = types.struct("retis_user_argument");
  values.forEach((value, index) => writeArgument(view, offsetOf("args") + index * size, value, types));
  return new Uint8Array(view.buffer);
}

function writeArgument(view: DataView, at: number, argument: ProbeArgument | undefined, types: ObjectTypes): void {
  const offsetOf = (member: string) => at + types.member("retis_user_argument", member).offset;
  const { operand } = argument ?? {};
  const value = operand?.kind === "constant" ? operand.value : operand?.kind === "memory" ? operand.displacement : 0n;
  const base = operand?.kind === "register" ? operand.register.name : operand?.kind === "memory" ? operand.base : undefined;
  const index = operand?.kind === "memory" ? operand.index : undefined;
  const kind = `RETIS_OPERAND_${operand?.kind.toUpperCase() ?? "NONE"}`;
  view.setBigUint64(offsetOf("value"), BigInt.asUintN(64, value), true);
  view.setUint16(offsetOf("base"), registerOffset(base, types), true);
  view.setUint16(offsetOf("index"), registerOffset(index?.name, types), true);
  view.setUint8(offsetOf("index_shift"), index?.shift ?? 0);
  view.setUint8(offsetOf("cut"), 64 - (argument?.size ?? 8) * 8);
  view.setUint32(offsetOf("operand"), types.enumValue("retis_operand", kind), true);
  view.setUint32(offsetOf("flags"), argument ? flagsOf(argument, types) : 0, true);
}

/** Byte offset of a register in `struct retis_registers`, whose member `regs` has the numbered ones of arm64. */
function registerOffset(name: string | undefined, types: ObjectTypes): number {
  if (name === undefined) return noRegister;
  const number = /^x(\d+)$/.exec(name)?.[1];
  const member = types.member("retis_registers", number === undefined ? name : "regs");
  return member.offset + (number === undefined ? 0 : Number(number) * 8);
}

function flagsOf({ signed, operand }: ProbeArgument, types: ObjectTypes): number {
  const names = [...(signed ? ["RETIS_SIGNED"] : []), ...operandFlags(operand)];
  return names.reduce((flags, name) => flags | types.enumValue("retis_argument_flags", name), 0);
}

function operandFlags(operand: Operand): readonly string[] {
  if (operand.kind === "register") return operand.register.bit === 0 ? [] : ["RETIS_HIGH_BYTE"];
  if (operand.kind !== "memory") return [];
  const half = operand.index?.half;
  const ofIndex = half === undefined ? [] : [half === "signed" ? "RETIS_INDEX_S32" : "RETIS_INDEX_U32"];
  return operand.relative ? [...ofIndex, "RETIS_RELATIVE"] : ofIndex;
}
