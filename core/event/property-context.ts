import type { EnumValue } from "../api/host.ts";
import type { StructLayout } from "../api/layout.ts";
import type { Section } from "../api/section.ts";
import type { FrameLookup, KeyLookup, LocationLookup, Lookup } from "../api/wire.ts";
import { sectionMismatch } from "../base/errors.ts";
import type { BoundInteger } from "./bound-section.ts";
import { boundInteger, findMember, type FoundMember, isInteger, type StructMembers } from "./struct-members.ts";

/** What a section is bound with. */
export interface BindContext {
  /** Name of the collector that declares the section, for messages. */
  readonly collector: string;
  readonly section: Section;
  readonly layout: StructLayout;
  readonly lookups: Readonly<Record<string, Lookup>>;
  readonly keyLookups: Readonly<Record<string, KeyLookup>>;
  readonly frames: FrameLookup | undefined;
  readonly locations: LocationLookup;
  /** Enums of the running kernel, see `KernelFacts.enumValues`. */
  readonly enums: EnumSource;
}

export type EnumSource = (name: string) => readonly EnumValue[] | undefined;

/** A property while it is bound. */
export interface PropertyContext extends BindContext {
  /** Path of the property, for messages. */
  readonly path: string;
  readonly scope: StructMembers;
}

/** @throws TraceError when the struct has no such member */
export function requireMember(path: string, context: PropertyContext): FoundMember {
  const member = findMember(context.scope, path);
  if (member !== undefined) return member;
  throw mismatch(context, `reads member "${path}", which ${context.scope.title} does not have`);
}

/** @throws TraceError when the member is not an integer */
export function requireInteger(member: FoundMember, context: PropertyContext): BoundInteger {
  if (isInteger(member)) return boundInteger(member);
  throw mismatch(context, `needs an integer, but member "${member.name}" is of kind ${member.kind} with ${member.size} bytes`);
}

export function mismatch(context: PropertyContext, reason: string): Error {
  return sectionMismatch(context.collector, context.section.key, context.path, reason);
}
