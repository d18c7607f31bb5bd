import type { Section } from "../api/section.ts";
import { CborMatcher } from "./cbor-matcher.ts";
import type { EventMatcher } from "./event-matcher.ts";
import { EventPatterns } from "./event-patterns.ts";
import { JsonMatcher } from "./json-matcher.ts";
import { MatchTables } from "./match-tables.ts";
import { cborMembers, jsonMembers } from "./members.ts";

/** A matcher for events of a file of that form. @param declared sections that may be in them */
export function matcherFor(form: "cbor", declared: readonly Section[]): CborMatcher;
export function matcherFor(form: "cbor" | "json", declared: readonly Section[]): EventMatcher;
export function matcherFor(form: "cbor" | "json", declared: readonly Section[]): EventMatcher {
  return form === "cbor"
    ? new CborMatcher(new EventPatterns(cborMembers, declared, () => new MatchTables()))
    : new JsonMatcher(new EventPatterns(jsonMembers, declared));
}
