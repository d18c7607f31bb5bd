import type { TSchema } from "@sinclair/typebox";
import type { Event, SectionData } from "../api/event.ts";
import type { Section } from "../api/section.ts";
import { EventPattern } from "./event-pattern.ts";
import { type Hole, varyingMembers } from "./hole.ts";
import { LiteralTree } from "./literal-tree.ts";
import { type FlatStep, type MatchTables, rootPattern, rootTree } from "./match-tables.ts";
import type { FindMembers, Member } from "./members.ts";
import { SectionPattern } from "./section-pattern.ts";

/** What follows bytes that recur: a hole and further such bytes, or nothing more of the section. */
export type Step =
  | { readonly section: SectionPattern; readonly hole: undefined; readonly next: undefined }
  | { readonly section: undefined; readonly hole: Hole; readonly next: LiteralTree<Step>; readonly tree: number };

/** Events about the recording itself are few, and readers look at all of them. */
const rare: ReadonlySet<string> = new Set(["startup", "clock", "loss"]);

/** Bounds of what is known at a time. */
const maxSections = 4096;
const maxEvents = 8192;
/** Longest section that is learned, in bytes. */
const maxLength = 4096;
/** All is forgotten when there is too much of it, unless it was of little use: then nothing more is learned. */
const leastUse = 4;

/** The patterns of sections and events that were seen in a file. */
export class EventPatterns {
  /** Keys with their sections. */
  sections: LiteralTree<Step>;
  /** The event without sections. */
  root: EventPattern;
  /** The same for native code; undefined for the form that JavaScript recognises. */
  tables: MatchTables | undefined;
  /** Patterns of {@link tables}, by their numbers. */
  byNumber: EventPattern[] = [];
  #known = { sections: 0, events: 0 };
  /** Events that matched since all was forgotten. */
  matches = 0;
  #learns = true;
  readonly #members: FindMembers;
  readonly #makeTables: () => MatchTables | undefined;
  readonly #holes: ReadonlyMap<string, readonly Hole[]>;

  /**
   * @param declared sections: one that declares a varying member as something else has no holes
   * @param makeTables for native code
   */
  constructor(members: FindMembers, declared: readonly Section[], makeTables: () => MatchTables | undefined = () => undefined) {
    this.#members = members;
    this.#makeTables = makeTables;
    this.tables = makeTables();
    this.sections = this.#newTree(rootTree);
    this.root = this.#newRoot();
    const differing = declared.filter(({ key, schema }) => !(varyingMembers.get(key) ?? []).every((hole) => isDeclared(schema, hole)));
    this.#holes = new Map([...varyingMembers].filter(([key]) => differing.every((section) => section.key !== key)));
  }

  /**
   * Learns the patterns of an event that was read in the ordinary way, with nothing to report.
   *
   * @param bytes the event, from its first byte on
   */
  learn(event: Event, bytes: Uint8Array): void {
    if (!this.#learns) return;
    const members = this.#members(bytes, 0);
    if (members === undefined || members.some(({ key }) => rare.has(key))) return;
    if (new Set(members.map(({ key }) => key)).size < members.length) return;
    this.#makeRoom(members.length);
    let pattern: EventPattern | undefined = this.root;
    for (const member of members) {
      const section = this.#sectionPattern(member, event[member.key], bytes);
      if (section === undefined) return;
      pattern = pattern.next(section) ?? this.#addEvent(pattern, section);
    }
  }

  #makeRoom(count: number): void {
    if (this.#known.sections + count <= maxSections && this.#known.events + count <= maxEvents) return;
    this.#learns = this.matches >= leastUse * (this.#known.sections + this.#known.events);
    if (!this.#learns) return;
    this.tables = this.#makeTables();
    this.sections = this.#newTree(rootTree);
    this.root = this.#newRoot();
    this.#known = { sections: 0, events: 0 };
    this.matches = 0;
  }

  #addEvent(before: EventPattern, section: SectionPattern): EventPattern {
    this.#known.events++;
    const next = before.add(section);
    if (this.tables === undefined) return next;
    next.number = this.tables.addPattern(next.isEvent);
    this.tables.addEdge(before.number, section.number, next.number);
    this.byNumber[next.number] = next;
    return next;
  }

  #newRoot(): EventPattern {
    const root = new EventPattern();
    root.number = rootPattern;
    this.byNumber = [];
    return root;
  }

  #newTree(number: number): LiteralTree<Step> {
    const store = this.tables?.treeStore(number);
    if (store === undefined) return new LiteralTree();
    const flat = (step: Step): FlatStep =>
      step.section === undefined ? { hole: step.hole.kind, tree: step.tree } : { section: step.section.number };
    return new LiteralTree({ ...store, leaf: (bytes, step) => store.leaf(bytes, flat(step)) });
  }

  /** The pattern of a section; undefined when it cannot be one. */
  #sectionPattern(member: Member, data: SectionData | undefined, bytes: Uint8Array): SectionPattern | undefined {
    if (member.end - member.start > maxLength) return undefined;
    const holes = this.#holesOf(member, bytes);
    if (holes === undefined) return undefined;
    const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let tree = this.sections;
    let at = member.start;
    for (let i = 0; ; i++) {
      const found = holes[i];
      const end = found?.member.value ?? member.end;
      const known = tree.find(bytes, words, at, end);
      if (known !== undefined && known.length < end - at) return undefined;
      const step = known?.meaning ?? tree.add(bytes.subarray(at, end), this.#step(member.key, data, holes, i))?.meaning;
      if (step === undefined || step.hole !== found?.hole) return undefined;
      if (step.section !== undefined) return step.section;
      tree = step.next;
      at = found!.member.end;
    }
  }

  #step(key: string, data: SectionData | undefined, holes: readonly FoundHole[], index: number): Step {
    const next = holes[index];
    if (next !== undefined) {
      const tree = this.tables?.addTree() ?? 0;
      return { section: undefined, hole: next.hole, next: this.#newTree(tree), tree };
    }
    const section = new SectionPattern(
      key,
      data,
      holes.map(({ hole }) => hole),
      ++this.#known.sections,
    );
    return { section, hole: undefined, next: undefined };
  }

  /** Holes of a section in the order of their bytes; undefined when it is not a map. */
  #holesOf(section: Member, bytes: Uint8Array): readonly FoundHole[] | undefined {
    const holes = this.#holes.get(section.key) ?? [];
    const found: FoundHole[] = [];
    const visit = (at: number, path: readonly string[]): boolean => {
      const members = this.#members(bytes, at);
      for (const member of members ?? []) {
        const own = [...path, member.key];
        const hole = holes.find((each) => each.path.join() === own.join());
        if (hole !== undefined) found.push({ hole, member });
        else if (holes.some((each) => each.path.slice(0, own.length).join() === own.join()) && !visit(member.value, own)) return false;
      }
      return members !== undefined;
    };
    if (!visit(section.value, [])) return undefined;
    return new Set(found.map(({ hole }) => hole)).size === found.length ? found : undefined;
  }
}

interface FoundHole {
  readonly hole: Hole;
  readonly member: Member;
}

/** Whether a schema has the member with the type of the hole. */
function isDeclared(schema: TSchema, { path, kind }: Hole): boolean {
  const member = path.reduce<TSchema | undefined>((at, key) => (at?.["properties"] as Record<string, TSchema> | undefined)?.[key], schema);
  if (kind === "bytes") return member?.["contentEncoding"] === "base64";
  return member?.["format"] === (kind === "u32" ? "uint32" : "uint64");
}
