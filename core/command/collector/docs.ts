import hooksPage from "../../../bpf/README.md" with { type: "text" };
import cookbookPage from "../../../docs/collector-cookbook.md" with { type: "text" };
import stabilityPage from "../../../docs/stability.md" with { type: "text" };
import testingPage from "../../../docs/testing-a-collector.md" with { type: "text" };
import tutorialPage from "../../../docs/writing-a-collector.md" with { type: "text" };
import { invalidOption } from "../../base/errors.ts";
import { nearestName } from "../../base/near-names.ts";
import { writeAnswer } from "../../cli/answer.ts";
import type { CommandBody } from "../../cli/cli-command.ts";
import { startPager } from "../pager.ts";
import { TextOutput } from "../../output/text-output.ts";
import declarations from "./template/retis-collector.d.ts.template" with { type: "text" };

interface Page {
  readonly about: string;
  readonly text: string;
}

/** What authors read, in the order in which they need it; by the names that `collector docs` takes. */
export const collectorPages: Readonly<Record<string, Page>> = {
  tutorial: { about: "A first collector, step by step, and what else there is", text: tutorialPage },
  cookbook: { about: "Four whole collectors, and short answers to how something is done", text: cookbookPage },
  testing: { about: "Finding the faults of a collector: checks, golden files, saved records", text: testingPage },
  hooks: { about: "Reference of hook.bpf.c: macros, functions, what a hook may do", text: hooksPage },
  api: { about: "Reference of collector.ts: types of retis/collector", text: declarations },
  stability: { about: "What stays as it is within 1.x, and how versions are checked", text: stabilityPage },
};

/** `retis collector docs [PAGE]`: the pages for authors, which are in the executable. */
export const collectorDocs: CommandBody = {
  define(parser) {
    const names = Object.keys(collectorPages);
    parser.argument("[page]", `Page to print: ${names.join(", ")} (default: what each is about)`);
    return async () => {
      const [name] = parser.args;
      if (name === undefined) writeAnswer(listText());
      else await showPage(pageOf(name).text);
      return 0;
    };
  },
  candidates: (before) =>
    before.length === 0 ? Object.entries(collectorPages).map(([value, { about }]) => ({ value, description: about })) : [],
};

/** @throws TraceError INVALID_OPTION */
function pageOf(name: string): Page {
  const page = Object.hasOwn(collectorPages, name) ? collectorPages[name] : undefined;
  if (page !== undefined) return page;
  const names = Object.keys(collectorPages);
  const near = nearestName(name, names);
  throw invalidOption("[page]", name, `pages: ${names.join(", ")}`, near === undefined ? undefined : `Did you mean "${near}"?`);
}

function listText(): string {
  const width = Math.max(...Object.keys(collectorPages).map((name) => name.length));
  const lines = Object.entries(collectorPages).map(([name, { about }]) => `${name.padEnd(width)}  ${about}\n`);
  return `${lines.join("")}Print one: retis collector docs tutorial\n`;
}

async function showPage(text: string): Promise<void> {
  const pager = startPager();
  if (pager === undefined) return writeAnswer(text);
  const output = new TextOutput(pager.fd);
  output.add(text);
  output.flush();
  await pager.close();
}
