/** Payloads of the section as a hook sends them, written through the struct's layout. */
import type { StructMember } from "../../../core/api/layout.ts";
import { readHookDeclarations } from "../../../test/contract/hook-declarations.ts";

export const hook = new URL("../hooks/action.bpf.o", import.meta.url).pathname;

const layout = readHookDeclarations(hook).sections.get("ovs__section_ovs")!;
const nat = layout.members.find(({ name }) => name === "nat")!;

type Values = Readonly<Record<string, number | bigint | readonly number[]>>;

function write(view: DataView, members: readonly StructMember[], base: number, values: Values): void {
  for (const [name, value] of Object.entries(values)) {
    const member = members.find((candidate) => candidate.name === name);
    if (!member) throw new Error(`struct ovs_section has no member ${name}`);
    if (typeof value === "object") {
      const size = member.element!.size;
      for (const [index, element] of value.entries()) writeInteger(view, base + member.offset + index * size, size, element);
    } else writeInteger(view, base + member.offset, member.size, value);
  }
}

function writeInteger(view: DataView, at: number, size: number, value: number | bigint): void {
  for (let byte = 0; byte < size; byte++) view.setUint8(at + byte, Number((BigInt(value) >> BigInt(8 * byte)) & 0xffn));
}

/** Hexadecimal of a section with these members, all others zero; with a `struct ovs_nat` after it when given. */
export function payload(values: Values, natValues?: Values): string {
  const size = layout.size + (natValues ? nat.element!.size : 0);
  const view = new DataView(new ArrayBuffer(size));
  write(view, layout.members, 0, values);
  if (natValues) write(view, nat.element!.members!, layout.size, natValues);
  return Buffer.from(view.buffer).toString("hex");
}
