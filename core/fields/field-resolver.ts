/** Gives the fields of a probe their meaning on the running kernel: which bytes are read, and how they are shown. */
import { invalidFields } from "../base/errors.ts";
import { findMember, listHint, memberNames, membersHint, typeName } from "../filter/meta-members.ts";
import type { Btf } from "../kernel/btf.ts";
import type { Signature } from "../kernel/prototype.ts";
import type { TypeSource } from "../kernel/kernel-types.ts";
import type { Span } from "../base/expression-text.ts";
import type { FieldExpression, WrittenField } from "./field-expression.ts";
import type { FieldSource, Reached, ResolvedField } from "./field-source.ts";
import { displays, type EnumSource, isDisplay, naturalValue, readSize } from "./field-value.ts";

/** What a probe's fields can begin with. */
export interface FieldRoots {
  readonly signature: Signature;
  /** Arguments that can be read, from the first on. */
  readonly readable: number;
  /** Position of the return value in `retis_event.args`; undefined where there is none. */
  readonly returnPosition: number | undefined;
}

/** Resolves the fields of one probe. @throws TraceError that points at the part that does not fit this kernel */
export function resolveFields(
  kernel: TypeSource & EnumSource,
  roots: FieldRoots,
  text: string,
  fields: readonly WrittenField[],
): readonly ResolvedField[] {
  const resolver = new FieldResolver(kernel, roots, text);
  return fields.map((field) => resolver.resolve(field));
}

/** The struct that a value is, or points to. @throws TraceError when it is neither */
export function enterStruct(kernel: TypeSource & EnumSource, roots: FieldRoots, text: string, value: FieldExpression): Reached {
  return new FieldResolver(kernel, roots, text).enter(value);
}

/** Names that {@link resolveFields} takes for an argument: its own or its position, and that of the struct that it is the first to point to. */
export function rootNames({
  signature,
  readable,
  returnPosition,
}: FieldRoots): readonly { readonly name: string; readonly typeId: number }[] {
  const { btf, parameters, returns } = signature;
  const named = parameters.slice(0, readable).flatMap(({ name, typeId }, position) => {
    const struct = pointeeName(btf, typeId);
    const other = struct !== undefined && name === "" ? [{ name: struct, typeId }] : [];
    return [{ name: name || `arg${position}`, typeId }, ...other];
  });
  return returnPosition === undefined || returns === 0 ? named : [...named, { name: "retval", typeId: returns }];
}

class FieldResolver {
  constructor(
    private readonly kernel: TypeSource & EnumSource,
    private readonly roots: FieldRoots,
    private readonly text: string,
  ) {}

  resolve({ name, expression }: WrittenField): ResolvedField {
    const shown = expression.kind === "call" ? this.#shown(expression) : undefined;
    const { reached, value } = shown ?? this.#natural(expression);
    const text = this.text.slice(expression.start, expression.end);
    return { name, text, source: this.#source(reached, value, expression), value };
  }

  enter(value: FieldExpression): Reached {
    return this.#enter(this.#walk(value), value);
  }

  /** The outermost call, when it says how the value is shown: a function of ours, or an enum that names it. */
  #shown({ of, name, nameAt }: FieldExpression & { kind: "call" }) {
    if (isDisplay(name)) {
      const reached = this.#walk(of);
      const found = displays[name](reached);
      if (typeof found !== "string") return found;
      throw this.#fault(of, `${this.#described(of, reached)} ${found}`);
    }
    const names = this.kernel.findType(name, "enum");
    if (names === undefined) return undefined;
    const reached = this.#walk(of);
    const { btf, typeId, bitSize } = reached;
    const type = btf.type(btf.resolve(typeId));
    if ((type.kind !== "int" && type.kind !== "enum") || type.size > 4)
      throw this.#fault(nameAt, `${this.#described(of, reached)} is not an integer of at most 32 bits, so enum ${name} cannot name it`);
    const values = new Map(names.btf.enumValues(names.id).map((one) => [one.value, one.name] as const));
    const value = { kind: "names", size: bitSize > 0 ? 4 : type.size, signed: type.signed, names: values } as const;
    return { reached, value };
  }

  #natural(expression: FieldExpression) {
    const reached = this.#walk(expression);
    const value = naturalValue(this.kernel, reached, lastName(expression));
    if (typeof value !== "string") return { reached, value };
    const { btf, typeId } = reached;
    const isStruct = btf.members(typeId).length > 0;
    throw this.#fault(expression, `${this.#described(expression, reached)} ${value}`, isStruct ? membersHint(btf, typeId, "") : undefined);
  }

  #walk(expression: FieldExpression): Reached {
    switch (expression.kind) {
      case "name":
        return this.#root(expression);
      case "member":
        return this.#member(expression);
      case "element":
        return this.#element(expression);
      case "call":
        return this.#cast(expression);
    }
  }

  /** An argument by its name or position, the return value, or the first argument that points to a struct of this name. */
  #root({ name, ...span }: FieldExpression & { kind: "name" }): Reached {
    const { signature, readable, returnPosition } = this.roots;
    const { btf, parameters, returns } = signature;
    if (name === "retval" && returnPosition !== undefined) {
      if (returns === 0) throw this.#fault(span, "the function returns nothing");
      return inRegister(btf, returns, returnPosition);
    }
    const named = parameters.findIndex((parameter) => parameter.name === name);
    const numbered = /^arg\d+$/.test(name) && Number(name.slice(3)) < parameters.length ? Number(name.slice(3)) : -1;
    const pointing = parameters.findIndex(({ typeId }) => pointeeName(btf, typeId) === name);
    const position = [named, numbered, pointing].find((found) => found >= 0);
    if (position === undefined) throw this.#fault(span, `the probe has no argument "${name}"`, this.#rootsHint(name));
    if (position >= readable) throw this.#fault(span, `argument "${name}" is not in a register, so it cannot be read`);
    return inRegister(btf, parameters[position]!.typeId, position);
  }

  #rootsHint(wanted: string): string {
    const { signature, returnPosition } = this.roots;
    const names = signature.parameters.map(({ name }, position) => name || `arg${position}`);
    const known = [...names, ...(returnPosition === undefined ? [] : ["retval"])];
    return known.length === 0 ? "It has no arguments that could be read" : listHint("its arguments are", known, wanted);
  }

  #member({ of, name, nameAt }: FieldExpression & { kind: "member" }): Reached {
    const struct = this.#enter(this.#walk(of), of);
    for (const path of [[name], ...aliasesOf(name)]) {
      const reached = selectPath(struct, path);
      if (reached !== undefined) return reached;
    }
    const { btf, typeId } = struct;
    throw this.#fault(nameAt, `${typeName(btf, typeId)} has no member "${name}"`, membersHint(btf, typeId, name));
  }

  /** The struct that a value is, or points to. */
  #enter(reached: Reached, at: FieldExpression): Reached {
    const { btf, typeId } = reached;
    const type = btf.type(btf.resolve(typeId));
    if ((type.kind === "struct" || type.kind === "union") && !reached.inRegister) return reached;
    const target = type.kind === "ptr" ? this.#complete(btf, btf.resolve(type.typeId)) : undefined;
    if (target === undefined)
      throw this.#fault(
        at,
        `${this.#described(at, reached)} does not point to a struct with members`,
        type.kind === "ptr" ? "To take it as a pointer to a struct, write the name of the struct: tcp_sock(sk).snd_cwnd" : undefined,
      );
    return followed(reached, target.btf, target.id);
  }

  #element({ of, index, start, end }: FieldExpression & { kind: "element" }): Reached {
    const reached = this.#walk(of);
    const { btf, typeId } = reached;
    const type = btf.type(btf.resolve(typeId));
    const elementId = type.kind === "array" ? type.elementTypeId : type.kind === "ptr" ? type.typeId : undefined;
    const size = elementId === undefined ? undefined : btf.sizeOf(elementId);
    if (elementId === undefined || size === undefined) throw this.#fault({ start, end }, `${this.#described(of, reached)} is not an array`);
    if (type.kind === "array" && type.length > 0 && index >= type.length)
      throw this.#fault({ start, end }, `${lastName(of)} has ${type.length} elements, the first is 0`);
    const array = type.kind === "array" ? reached : followed(reached, btf, elementId);
    return { ...array, typeId: elementId, bitOffset: array.bitOffset + index * size * 8 };
  }

  /** The struct that a pointer leads to, whatever its type says. */
  #cast({ of, name, nameAt }: FieldExpression & { kind: "call" }): Reached {
    const found = (["struct", "union"] as const).map((kind) => this.kernel.findType(name, kind)).find((one) => one !== undefined);
    if (found === undefined) {
      const what = isDisplay(name)
        ? `${name}() can only be the outermost function of a field`
        : `"${name}" is neither a struct of this kernel nor a function`;
      throw this.#fault(nameAt, what, isDisplay(name) ? undefined : `Functions are ${Object.keys(displays).join(", ")}`);
    }
    const reached = this.#walk(of);
    const { btf, typeId } = reached;
    const type = btf.type(btf.resolve(typeId));
    const isStruct = type.kind === "struct" && !reached.inRegister;
    if (isStruct) return { ...reached, btf: found.btf, typeId: found.id };
    if (type.kind !== "ptr" && !(type.kind === "int" && type.size === 8 && reached.bitSize === 0))
      throw this.#fault(of, `${this.#described(of, reached)} is neither a pointer nor a 64-bit integer`);
    return followed(reached, found.btf, found.id);
  }

  /** The struct itself; one that is only declared here is looked for in vmlinux and all modules. */
  #complete(btf: Btf, id: number): { readonly btf: Btf; readonly id: number } | undefined {
    const type = btf.type(id);
    if (type.kind === "struct" || type.kind === "union") return { btf, id };
    return type.kind === "fwd" ? this.kernel.findType(type.name, type.of) : undefined;
  }

  #source(reached: Reached, value: ResolvedField["value"], at: FieldExpression): FieldSource {
    const { register, steps, bitOffset, bitSize } = reached;
    const size = readSize(value);
    if (reached.inRegister && value.kind !== "text") return { register, steps, read: { kind: "register", size } };
    if (value.kind === "text" && !isArray(reached)) {
      const string = followed(reached, reached.btf, 0);
      return { register, steps: string.steps, read: { kind: "string", offset: 0, size } };
    }
    const offset = Math.floor(bitOffset / 8);
    if (bitSize === 0) return { register, steps, read: { kind: "bytes", offset, size } };
    if ((bitOffset % 8) + bitSize > 64) throw this.#fault(at, `${this.#described(at, reached)} spans more than 64 bits`);
    const signed = "signed" in value && value.signed;
    return { register, steps, read: { kind: "bits", offset, bitOffset: bitOffset % 8, bits: bitSize, signed, size } };
  }

  /** `mark (u32)`. */
  #described(expression: FieldExpression, { btf, typeId }: Reached): string {
    return `${lastName(expression)} (${typeName(btf, typeId)})`;
  }

  #fault({ start, end }: Span, reason: string, hint?: string): Error {
    return invalidFields(this.text, { start, end }, reason, hint);
  }
}

function inRegister(btf: Btf, typeId: number, register: number): Reached {
  return { btf, typeId, register, inRegister: true, steps: [], bitOffset: 0, bitSize: 0 };
}

/** What the pointer at hand leads to. */
function followed(reached: Reached, btf: Btf, typeId: number): Reached {
  const step = { offset: Math.floor(reached.bitOffset / 8), mask: undefined };
  const steps = reached.inRegister ? reached.steps : [...reached.steps, step];
  return { btf, typeId, register: reached.register, inRegister: false, steps, bitOffset: 0, bitSize: 0 };
}

function isArray({ btf, typeId }: Reached): boolean {
  return btf.kind(btf.resolve(typeId)) === "array";
}

/** Names of the members of a struct, with those that are macros for one further in. */
export function structNames({ btf, typeId }: Reached): readonly { readonly name: string; readonly typeId: number }[] {
  const own = memberNames(btf, typeId);
  const common = findMember(btf, typeId, "__sk_common");
  const aliases = common === undefined ? [] : memberNames(btf, common.typeId).filter(({ name }) => name.startsWith("skc_"));
  return [...own, ...aliases.map(({ name, typeId: type }) => ({ name: name.replace("skc_", "sk_"), typeId: type }))];
}

/** Names in C that are macros for a member further in: `sk_state`, `inet_sport` (include/net/sock.h, inet_sock.h). */
function aliasesOf(name: string): readonly (readonly string[])[] {
  const common = /^sk_(\w+)$/.exec(name)?.[1];
  if (common !== undefined) return [["__sk_common", `skc_${common}`]];
  const inet = /^inet_(\w+)$/.exec(name)?.[1];
  if (inet === undefined) return [];
  return [
    ["sk", "__sk_common", `skc_${inet}`],
    ["__sk_common", `skc_${inet}`],
  ];
}

/** A member of a member; undefined when there is none. */
function selectPath(struct: Reached, path: readonly string[]): Reached | undefined {
  let at = struct;
  for (const name of path) {
    const found = findMember(at.btf, at.typeId, name);
    if (found === undefined) return undefined;
    at = { ...at, typeId: found.typeId, bitOffset: at.bitOffset + found.bitOffset, bitSize: found.bitSize };
  }
  return at;
}

/** Name of the struct that a pointer leads to; undefined for other types. */
function pointeeName(btf: Btf, typeId: number): string | undefined {
  const type = btf.type(btf.resolve(typeId));
  if (type.kind !== "ptr") return undefined;
  const target = btf.type(btf.resolve(type.typeId));
  return target.kind === "struct" || target.kind === "fwd" ? target.name : undefined;
}

/** The last name of an expression. */
function lastName(expression: FieldExpression): string {
  return expression.kind === "name" || expression.kind === "member" ? expression.name : lastName(expression.of);
}
