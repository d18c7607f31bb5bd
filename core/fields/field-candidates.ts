/** What can be typed at the end of a list of fields, for completion. */
import { typeName } from "../filter/meta-members.ts";
import type { Btf } from "../kernel/btf.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { parseValue } from "./field-parser.ts";
import { enterStruct, type FieldRoots, rootNames, structNames } from "./field-resolver.ts";
import type { displays } from "./field-value.ts";

export interface FieldCandidate {
  /** The list so far, with what can follow in place of the name that was begun. */
  readonly text: string;
  /** Its type, or what a function shows. */
  readonly about: string;
}

type Named = Omit<FieldCandidate, "text"> & { readonly name: string };

/** Structs and enums are offered to a name of this length: a kernel has 10,000. */
const shortestTypeName = 3;

const functions: Readonly<Record<keyof typeof displays, string>> = {
  hex: "a number in hexadecimal digits",
  symbol: "a code address as function and offset",
  str: "bytes as text",
  ipv4: "an IPv4 address",
  ipv6: "an IPv6 address",
  mac: "a MAC address",
  be: "a number in network byte order",
};

/** A list that ends in the middle of a value. */
interface OpenList {
  /** Everything before the name that was begun. */
  readonly before: string;
  readonly begun: string;
  /** The value that a dot or arrow before the name belongs to; undefined: the name begins a value. */
  readonly of: string | undefined;
  /** The name is in the parentheses of a call. */
  readonly nested: boolean;
}

/**
 * Names that can end the list; none where something else than a name must follow.
 * @param targets what the list may be for: of the targets of a pattern, the first that has what is before counts
 * @param text what follows the brace
 */
export function fieldCandidates(kernel: Kernel, targets: readonly FieldRoots[], text: string): readonly FieldCandidate[] {
  const list = openList(text);
  if (list === undefined) return [];
  const { before, begun, of } = list;
  const named = of === undefined ? startNames(kernel, targets, list) : membersOf(kernel, targets, of);
  const fitting = new Map(named.filter(({ name }) => name.startsWith(begun)).map((one) => [one.name, one] as const));
  return Array.from(fitting.values(), ({ name, about }) => ({ text: before + name, about }));
}

function openList(text: string): OpenList | undefined {
  const begun = /(?<![\w\]])[A-Za-z_]\w*$/.exec(text)?.[0] ?? "";
  const before = text.slice(0, text.length - begun.length);
  const field = before.slice(before.lastIndexOf(",") + 1).trim();
  const nested = field.split("(").length > field.split(")").length;
  const dot = /(?:\.|->)$/.exec(field);
  if (dot !== null) return { before, begun, of: lastValue(field.slice(0, dot.index)), nested };
  return field === "" || field.endsWith("(") ? { before, begun, of: undefined, nested } : undefined;
}

/** What follows the last parenthesis that is still open. */
function lastValue(text: string): string {
  const open: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "(") open.push(at);
    if (text[at] === ")") open.pop();
  }
  return text.slice((open.at(-1) ?? -1) + 1);
}

function membersOf(kernel: Kernel, targets: readonly FieldRoots[], of: string): readonly Named[] {
  for (const roots of targets) {
    try {
      const struct = enterStruct(kernel, roots, of, parseValue(of));
      return structNames(struct).map(({ name, typeId }) => ({ name, about: typeName(struct.btf, typeId) }));
    } catch {
      // Not a value, or not of this target.
    }
  }
  return [];
}

function startNames(kernel: Kernel, targets: readonly FieldRoots[], { begun, nested }: OpenList): readonly Named[] {
  const roots = targets.flatMap((target) =>
    rootNames(target).map(({ name, typeId }) => ({ name, about: typeName(target.signature.btf, typeId) })),
  );
  const shown = Object.entries(functions).map(([name, about]) => ({ name: `${name}(`, about }));
  if (begun.length < shortestTypeName) return nested ? roots : [...roots, ...shown];
  const structs = typesNamed(kernel, ["struct", "union"], begun).map((name) => ({ name: `${name}(`, about: "what a pointer leads to" }));
  if (nested) return [...roots, ...structs];
  const enums = typesNamed(kernel, ["enum"], begun).map((name) => ({ name: `${name}(`, about: "a number by its name" }));
  return [...roots, ...shown, ...structs, ...enums];
}

function typesNamed({ types }: Kernel, kinds: readonly Parameters<Btf["ownNames"]>[0][], begun: string): readonly string[] {
  return kinds.flatMap((kind) => [...types.vmlinux.ownNames(kind, (name) => name.startsWith(begun))]);
}
