/** Payloads of the section as a hook sends them, written through the struct's layout. */
import type { StructMember } from "../../../core/api/layout.ts";
import { readHookDeclarations } from "../../../core/probe/hook-declarations.ts";

export const hook = new URL("../hooks/action.bpf.o", import.meta.url).pathname;

const layout = readHookDeclarations(hook).sections.get("ovs__section_ovs")!;
const detail = layout.members.find(({ name }) => name === "detail")!;

/** What a section may have behind it: members of `struct ovs_detail`. */
export type Detail = "nat" | "set" | "nsh";

type Values = Readonly<Record<string, number | bigint | readonly (number | bigint)[]>>;

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

/** Hexadecimal of a section with these members, all others zero; with a `struct ovs_detail` after it when given. */
export function payload(values: Values, details: Readonly<Partial<Record<Detail, Values>>> = {}): string {
  const given = Object.entries(details);
  const view = new DataView(new ArrayBuffer(layout.size + (given.length > 0 ? detail.element!.size : 0)));
  write(view, layout.members, 0, values);
  for (const [name, members] of given) {
    const struct = detail.element!.members!.find((member) => member.name === name)!;
    write(view, struct.members!, layout.size + struct.offset, members);
  }
  return Buffer.from(view.buffer).toString("hex");
}
