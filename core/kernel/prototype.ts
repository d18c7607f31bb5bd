/** Parameters of functions and tracepoints as exact type texts, the way collectors name them. */
import type { Btf, BtfFunctionPrototype, BtfParameter } from "./btf.ts";
import type { FoundType, TypeSource } from "./kernel-types.ts";

export interface Parameter {
  /** Empty where the kernel's source gives no name, as in most tracepoints. */
  readonly name: string;
  /** See {@link typeText}. */
  readonly type: string;
}

export interface Prototype {
  readonly parameters: readonly Parameter[];
  /** Where it was found: `vmlinux` or the name of a module. */
  readonly source: string;
}

/** Prototype of a kernel function; undefined when BTF has no function of this name. */
export function functionParameters(kernel: TypeSource, name: string): Prototype | undefined {
  return prototypeOf(kernel.findType(name, "func"), 0);
}

/**
 * Prototype of a tracepoint by event name without its group; undefined when BTF has none. The first parameter of the
 * C declarations, the `void *` for the callback's data, is not part of it. Source: include/trace/bpf_probe.h and
 * DECLARE_TRACE in include/linux/tracepoint.h.
 */
export function tracepointParameters(kernel: TypeSource, event: string): Prototype | undefined {
  const found = tracepointType(kernel, event);
  const signature = found && signatureOfType(found, 1);
  return signature && { parameters: signature.parameters.map((entry) => parameter(signature.btf, entry)), source: found.source };
}

/**
 * What declares a tracepoint's parameters. The typedef has them as programs get them, but without names; the function that
 * calls what is attached has the same ones with names.
 */
function tracepointType(kernel: TypeSource, event: string): FoundType | undefined {
  const declared = kernel.findType(`btf_trace_${event}`, "typedef");
  if (declared === undefined) return kernel.findType(`__traceiter_${event}`, "func") ?? kernel.findType(`__bpf_trace_${event}`, "func");
  const id = declared.btf.findByName(`__traceiter_${event}`, "func");
  const named = id === undefined ? undefined : { ...declared, id };
  return named && parameterTypes(named) === parameterTypes(declared) ? named : declared;
}

function parameterTypes(found: FoundType): string {
  const { parameters = [] } = functionPrototype(found) ?? {};
  return parameters.map(({ typeId }) => typeText(found.btf, typeId)).join();
}

/** The types of a probe's values, to look further. */
export interface Signature {
  readonly btf: Btf;
  /** Names are empty where the kernel's source gives none. */
  readonly parameters: readonly BtfParameter[];
  /** Type of what a function returns, 0 for nothing. */
  readonly returns: number;
}

/** Signature of `function` or `group:event`; its parameters are those of {@link functionParameters} and {@link tracepointParameters}. */
export function signatureOf(kernel: TypeSource, target: string): Signature | undefined {
  const event = target.slice(target.indexOf(":") + 1);
  const found = event === target ? kernel.findType(target, "func") : tracepointType(kernel, event);
  return found && signatureOfType(found, event === target ? 0 : 1);
}

function signatureOfType(found: FoundType, dropped: number): Signature | undefined {
  const prototype = functionPrototype(found);
  return prototype && { btf: found.btf, parameters: prototype.parameters.slice(dropped), returns: prototype.returnTypeId };
}

function prototypeOf(found: FoundType | undefined, dropped: number): Prototype | undefined {
  if (found === undefined) return undefined;
  const prototype = functionPrototype(found);
  if (prototype === undefined) return undefined;
  return { parameters: prototype.parameters.slice(dropped).map((entry) => parameter(found.btf, entry)), source: found.source };
}

/** The prototype of a function, or of a typedef of a pointer to one. */
function functionPrototype({ btf, id }: FoundType): BtfFunctionPrototype | undefined {
  let type = btf.type(btf.resolve(id));
  if (type.kind === "ptr" || type.kind === "func") type = btf.type(btf.resolve(type.typeId));
  return type.kind === "funcProto" ? type : undefined;
}

function parameter(btf: Btf, { name, typeId }: BtfParameter): Parameter {
  return { name, type: typeText(btf, typeId) };
}

/** Texts by type id: a wildcard reads tens of thousands of parameters of a few thousand types. */
const knownTexts = new WeakMap<Btf, Map<number, string>>();

/**
 * Text of a type: `struct sk_buff *`, `struct sk_buff **`, `enum skb_drop_reason`, `u32`, `void *`. Qualifiers are left
 * out at every level, typedefs are named and not followed, every pointer is one star. Empty for what has no such text:
 * pointers to functions, arrays, anonymous types, and the dots of a variadic function.
 */
export function typeText(btf: Btf, id: number): string {
  let texts = knownTexts.get(btf);
  if (texts === undefined) knownTexts.set(btf, (texts = new Map()));
  let text = texts.get(id);
  if (text === undefined) texts.set(id, (text = describeType(btf, id)));
  return text;
}

function describeType(btf: Btf, id: number): string {
  let stars = "";
  for (;;) {
    const type = btf.type(id);
    switch (type.kind) {
      case "ptr":
        stars += "*";
        id = type.typeId;
        break;
      case "const":
      case "volatile":
      case "restrict":
      case "typeTag":
        id = type.typeId;
        break;
      case "void":
        return stars === "" ? "" : `void ${stars}`;
      case "int":
      case "typedef":
      case "float":
        return withStars("", type.name, stars);
      case "struct":
      case "union":
        return withStars(`${type.kind} `, type.name, stars);
      case "enum":
      case "enum64":
        return withStars("enum ", type.name, stars);
      case "fwd":
        return withStars(`${type.of} `, type.name, stars);
      default:
        return "";
    }
  }
}

function withStars(keyword: string, name: string, stars: string): string {
  return name === "" ? "" : `${keyword}${name}${stars === "" ? "" : ` ${stars}`}`;
}
