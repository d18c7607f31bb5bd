import type { SectionData, U64 } from "../api/event.ts";
import { u64FromHalves } from "../api/event.ts";
import { compileFunction } from "../base/generated-code.ts";
import type { Hole } from "./hole.ts";

/** Values of holes, as a matcher finds them. */
export interface HoleValues {
  /** The high and the low half of each integer. */
  readonly numbers: Uint32Array;
  /** The bytes; a new array each time. */
  readonly data: () => Uint8Array;
}

type Build = (numbers: Uint32Array, first: number, data: () => Uint8Array) => SectionData;

/** What sections of a file have in common: the same bytes but for holes. Without holes, the same section again and again. */
export class SectionPattern {
  /** Number of integers in holes. */
  readonly numbers: number;
  /** Whether a hole holds bytes. */
  readonly hasBytes: boolean;
  /** Made when it is first needed, as many patterns never recur. */
  #build: Build | undefined;

  /**
   * @param data one that was decoded; undefined for a section that is not wanted
   * @param holes in the order of their bytes
   * @param number among the sections that are known
   */
  constructor(
    readonly key: string,
    readonly data: SectionData | undefined,
    readonly holes: readonly Hole[],
    readonly number = 0,
  ) {
    this.numbers = holes.filter(({ kind }) => kind !== "bytes").length;
    this.hasBytes = this.numbers < holes.length;
  }

  /** Data of one section: the same object each time when there are no holes. @param first index of the first of its integers */
  dataOf({ numbers, data }: HoleValues, first: number): SectionData | undefined {
    if (this.data === undefined || this.holes.length === 0) return this.data;
    this.#build ??= compileBuild(this.data, this.holes);
    return this.#build(numbers, first, data);
  }

  /** Which of its integers the member is; -1 when it is none. */
  numberOf(path: string): number {
    return this.holes.filter(({ kind }) => kind !== "bytes").findIndex((each) => each.path.join(".") === path);
  }
}

type Compile = (constants: readonly unknown[], u64: (low: number, high: number) => U64) => Build;

/** Functions that were compiled, by their source: sections that differ in values only share one. */
const compiled = new Map<string, Compile>();
/** A file with invented keys must not fill the memory. */
const maxCompiled = 1000;

function compileBuild(data: SectionData, holes: readonly Hole[]): Build {
  const constants: unknown[] = [];
  const source = `return (numbers, first, data) => (${literalCode(data, holes, [], constants)});`;
  let compile = compiled.get(source);
  if (compile === undefined) {
    if (compiled.size >= maxCompiled) compiled.clear();
    compile = compileFunction<Compile>("section-pattern", ["constants", "u64"], source);
    compiled.set(source, compile);
  }
  return compile(constants, u64FromHalves);
}

function literalCode(data: SectionData, holes: readonly Hole[], path: readonly string[], constants: unknown[]): string {
  const members = Object.keys(data).map((key) => {
    const name = key === "__proto__" ? '["__proto__"]' : JSON.stringify(key);
    return `${name}: ${memberCode(data[key], holes, [...path, key], constants)}`;
  });
  return `{${members.join(", ")}}`;
}

function memberCode(value: unknown, holes: readonly Hole[], path: readonly string[], constants: unknown[]): string {
  const startsWithPath = (hole: Hole) => path.every((key, index) => hole.path[index] === key);
  const hole = holes.find((each) => each.path.length === path.length && startsWithPath(each));
  if (hole?.kind === "bytes") return "data()";
  if (hole !== undefined) {
    const index = holes.filter(({ kind }) => kind !== "bytes").indexOf(hole) * 2;
    const low = `numbers[first * 2 + ${index + 1}]`;
    return hole.kind === "u32" ? low : `u64(${low}, numbers[first * 2 + ${index}])`;
  }
  if (holes.some(startsWithPath)) return literalCode(value as SectionData, holes, path, constants);
  return `constants[${constants.push(value) - 1}]`;
}
