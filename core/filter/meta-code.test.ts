/** Holds the generated code, run by the kernel, to an evaluator that knows nothing of it. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cannotCompile, compileBpf } from "../../test/support/compile-c.ts";
import { Random } from "../../test/support/random.ts";
import type { Term } from "./meta-expression.ts";
import { prepareMetaFilter } from "./meta-filter.ts";
import { metaFrame } from "./meta-frame.ts";
import { parseMetaFilter } from "./meta-parser.ts";
import { MetaCases } from "./testdata/meta-cases.ts";
import { MetaEvaluator, type RootAddresses } from "./testdata/meta-evaluator.ts";
import { type MetaImage, places, randomMemory } from "./testdata/meta-image.ts";
import { metaKernel } from "./testdata/meta-kernel.ts";
import { MetaMachine, probes } from "./testdata/meta-machine.ts";

const cannotRun = cannotCompile ?? (process.getuid?.() === 0 ? undefined : "not run as root");
const imageCount = 32;
/** A guest is slow: it takes a part of them. */
const share = Number(process.env.RETIS_META_SHARE ?? 1);
const expressionCount = Math.ceil(120 * share);
/** What the full probe has as arguments: other structs than the skb leads to. */
const argumentOffsets: Readonly<Record<string, number>> = {
  "struct net_device *": places.otherDevice,
  "struct net *": places.net,
  "struct sock *": places.sock,
};

function termOf(text: string): Term {
  const expression = parseMetaFilter(text);
  if (expression.kind !== "term") throw new Error(`${text} is not a term`);
  return expression;
}

describe.skipIf(cannotRun !== undefined)("generated meta filters (needs clang and root)", () => {
  const kernel = cannotRun === undefined ? metaKernel() : undefined!;
  const entry = cannotRun === undefined ? compileBpf({ source: { path: join(import.meta.dir, "testdata/meta-run.bpf.c") } }) : undefined!;
  const random = new Random(20_261_122);
  const machine = cannotRun === undefined ? new MetaMachine(entry, undefined) : undefined!;
  const images = Array.from({ length: machine ? imageCount : 0 }, (_, index): MetaImage => {
    const base = machine.address(index);
    return { base, memory: randomMemory(kernel, random, base) };
  });
  const skbRoots = images.map(rootsOfSkb);
  images.forEach((image, index) => machine.put(index, image, []));

  /** What the roots are without arguments: what the skb leads to. */
  function rootsOfSkb(image: MetaImage): RootAddresses {
    const at = (path: string) => new MetaEvaluator(kernel, image, {}).number(termOf(path));
    return {
      net_device: at("sk_buff.dev"),
      sock: at("sk_buff.sk"),
      net: at("sk_buff.dev.nd_net.net") || at("sk_buff.sk.__sk_common.skc_net.net"),
    };
  }

  /** Compares kernel and evaluator on all images. Returns how often the filter passed. */
  function check(text: string): number {
    const expression = parseMetaFilter(text);
    const filter = prepareMetaFilter(text, kernel);
    const types = filter.argumentTypes.map(([type = ""]) => type);
    const loaded = new MetaMachine(entry, filter, machine);
    let passed = 0;
    try {
      images.forEach((image, index) => {
        // At every fourth hit the arguments are NULL.
        const args = types.map((type) => (index % 4 === 3 ? 0n : image.base + BigInt(argumentOffsets[type]!)));
        if (args.length > 0) machine.put(index, image, args);
        const given = Object.fromEntries(types.map((type, at) => [type.split(" ")[1], args[at]] as const).filter(([, address]) => address));
        const roots = { [probes.bare]: skbRoots[index]!, [probes.full]: { ...skbRoots[index], ...given } };
        for (const probe of Object.values(probes)) {
          const wanted = new MetaEvaluator(kernel, image, roots[probe]!).evaluate(expression);
          const seen = loaded.passes(index, probe);
          if (seen !== wanted) throw new Error(`${text}\nimage ${index}, probe ${probe}: ${seen} instead of ${wanted}`);
          if (seen) passed++;
        }
      });
    } finally {
      loaded.close();
    }
    return passed;
  }

  test("the built entry object has the layout of the headers", () => {
    expect(metaFrame(readFileSync(join(import.meta.dir, "../../bpf/probe/raw-tracepoint.bpf.o")))).toEqual(metaFrame(entry));
  });

  const some = () => {
    const index = random.below(imageCount);
    return new MetaEvaluator(kernel, images[index]!, skbRoots[index]!);
  };
  const cases = new MetaCases(random, {
    number: (term) => some().number(termOf(term)),
    bytes: (term, count) => some().bytes(termOf(term), count),
  });

  test(`every kind of member with every operator × ${imageCount} images × 2 probes`, () => {
    const terms = cases.everyTerm().filter((_, index) => index % Math.round(1 / share) === 0);
    for (const term of terms) check(term);
    console.log(`${terms.length * imageCount * 2} verdicts`);
  }, 240_000);

  test(`${expressionCount} random expressions × ${imageCount} images × 2 probes`, () => {
    let passed = 0;
    for (let count = 0; count < expressionCount; count++) passed += check(cases.expression());
    const passing = passed / (expressionCount * imageCount * 2);
    expect(passing).toBeGreaterThan(0.2);
    expect(passing).toBeLessThan(0.8);
  }, 240_000);
});
