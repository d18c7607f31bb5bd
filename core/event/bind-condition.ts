import type { WireAnnotation } from "../api/wire.ts";
import type { BoundCondition, BoundInteger, BoundValue } from "./bound-section.ts";
import { mismatch, type PropertyContext, requireInteger, requireMember } from "./property-context.ts";
import type { FoundMember } from "./struct-members.ts";

/** Conditions under which a property is present: its `when`, and not being zero if `omitZero` says so. */
export function bindConditions(annotation: WireAnnotation, value: BoundValue, context: PropertyContext): readonly BoundCondition[] {
  return [...bindWhen(annotation, context), ...(annotation.omitZero === true ? [notZero(annotation, value, context)] : [])];
}

function bindWhen(annotation: WireAnnotation, context: PropertyContext): readonly BoundCondition[] {
  const when = annotation.when;
  if (when === undefined) return [];
  const found = requireMember(when.member, context);
  const mask = when.mask === undefined ? {} : { mask: operand(when.mask, found, context) };
  const equals = when.equals === undefined ? {} : { equals: operand(when.equals, found, context) };
  return [{ kind: "integer", member: requireInteger(found, context), ...mask, ...equals }];
}

/** The number that a member is compared with, which may be given as a name in the member's enum. */
function operand(value: number | string, member: FoundMember, context: PropertyContext): number {
  const number = typeof value === "string" ? member.values?.[value] : value;
  if (number === undefined) throw mismatch(context, `compares member "${member.name}" with ${value}, which its type does not have`);
  if (!Number.isSafeInteger(number))
    throw mismatch(context, `compares member "${member.name}" with ${value}, which is not an exact integer`);
  return number;
}

/** Source: `omitZero` in core/api/wire.ts. Text is zero when it is empty, an address or list when all bytes are zero. */
function notZero(annotation: WireAnnotation, value: BoundValue, context: PropertyContext): BoundCondition {
  switch (value.kind) {
    case "integer":
    case "boolean":
    case "lookup":
    case "location":
      return { kind: "integer", member: value.member };
    case "bytes":
    case "frames":
      return { kind: "integer", member: value.count };
    case "c-string":
      return { kind: "bytes", offset: value.offset, length: 1 };
    case "ipv4":
      return { kind: "bytes", offset: value.offset, length: 4 };
    case "mac":
      return { kind: "bytes", offset: value.offset, length: 6 };
    case "ipv6":
    case "ip":
      return { kind: "bytes", offset: value.offset, length: 16 };
    case "integers":
      return { kind: "bytes", offset: value.first.offset, length: value.first.size * value.count };
    case "list":
      return value.count
        ? { kind: "integer", member: value.count }
        : { kind: "bytes", offset: value.offset, length: value.size * value.most };
    case "constant":
      return { kind: "integer", member: constantMember(annotation, context) };
    case "trailing-text":
      throw mismatch(context, "is text among others, which cannot be omitted for being empty; use when");
    case "key-lookup":
      throw mismatch(context, "is looked up by several members, none of which says whether it is zero");
    case "group":
      throw mismatch(context, "is a group, which cannot be omitted for being zero");
  }
}

function constantMember(annotation: WireAnnotation, context: PropertyContext): BoundInteger {
  if (annotation.member === undefined) throw mismatch(context, "is a constant without a member that could be zero");
  return requireInteger(requireMember(annotation.member, context), context);
}
