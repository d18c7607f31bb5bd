import type { Collector } from "../../api/collector.ts";
import type { DropKnowledge } from "../../api/drop-advice.ts";
import { reasonOf, TraceError } from "../../base/errors.ts";
import { log } from "../../base/log.ts";
import { writeJsonAnswer, writeTextAnswer } from "../../cli/answer.ts";
import type { CollectorRequest, CommandContext, CommandBody } from "../../cli/cli-command.ts";
import { collectorDirOption, collectorDirRequest } from "../../cli/collector-dir.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { Knowledge, KnownReasons } from "./report.ts";

/** `retis explain [REASON | FUNCTION | CODE]`: what a drop reason or an error means, what a function drops, and what to do about it. */
export const explain: CommandBody = {
  define(parser, { context }) {
    parser
      .argument(
        "[subject]",
        "Drop reason, e.g. NO_SOCKET (SKB_DROP_REASON_ may precede it); function that drops, e.g. tcp_v4_rcv or tcp_v4_rcv+0x91; or error code, e.g. BPF_LOAD; case-insensitive (default: list all)",
      )
      .option("--json", "Print JSON: one object, or an array of all")
      .addOption(collectorDirOption());
    return async () => {
      const [subject] = parser.args;
      const json = parser.opts()["json"] === true;
      // Loaded only now, as no other command needs the texts.
      const { explanation, listText } = await import("./report.ts");
      const { explanationJson, listJson } = await import("./report-json.ts");
      const known = await knowledge(context, collectorDirRequest(parser));
      if (json) writeJsonAnswer(subject === undefined ? listJson(known) : explanationJson(subject, known));
      else writeTextAnswer(subject === undefined ? listText(known) : explanation(subject, known));
      return 0;
    };
  },
  async candidates(before, context) {
    const { explainable } = await import("./report.ts");
    return before.length === 0 ? explainable(await knowledge(context, { directories: [], paths: [], names: [] })) : [];
  },
};

async function knowledge(context: CommandContext, request: CollectorRequest): Promise<Knowledge> {
  const { Kernel } = await import("../../kernel/kernel.ts");
  const kernel = new Kernel();
  const collectors = (await context.loadCollectors(request)).map(({ collector }) => collector);
  kernel.dropReasons.know(collectors.flatMap(({ dropReasons = [] }) => dropReasons));
  const said = await knowledgeOf(collectors);
  return {
    advice: said.flatMap(({ advice }) => advice),
    locations: said.flatMap(({ locations = [] }) => locations),
    kernel: kernelReasons(kernel),
    functions: (matches) => functionsOf(kernel, matches),
  };
}

/** Of all collectors; one whose knowledge cannot be had is named and left out. */
async function knowledgeOf(collectors: readonly Collector[]): Promise<readonly DropKnowledge[]> {
  const said: DropKnowledge[] = [];
  for (const collector of collectors) {
    try {
      const own = await collector.dropKnowledge?.();
      if (own !== undefined) said.push(own);
    } catch (error) {
      log.warn(`Collector ${collector.name}: its advice on drop reasons is not available: ${reasonOf(error)}`);
    }
  }
  return said;
}

/** Undefined where the kernel does not describe its types: the advice does not need them. */
function kernelReasons(kernel: Kernel): KnownReasons | undefined {
  try {
    return { release: kernel.release, reasons: kernel.dropReasons.declared() };
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    return undefined;
  }
}

/** Empty where the kernel does not describe its functions. */
function functionsOf(kernel: Kernel, matches: (name: string) => boolean): readonly string[] {
  try {
    return [...kernel.types.names("func", matches)];
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    return [];
  }
}
