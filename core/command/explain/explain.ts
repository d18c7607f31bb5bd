import type { DropAdvice } from "../../api/drop-advice.ts";
import { reasonOf, TraceError } from "../../base/errors.ts";
import { log } from "../../base/log.ts";
import { writeAnswer } from "../../cli/answer.ts";
import type { CollectorRequest, CommandContext, CommandBody } from "../../cli/cli-command.ts";
import { collectorDirOption, collectorDirRequest } from "../../cli/collector-dir.ts";
import type { Knowledge, KnownReasons } from "./report.ts";

/** `retis explain [REASON | CODE]`: what a drop reason or an error means, and what to do about it. */
export const explain: CommandBody = {
  define(parser, { context }) {
    parser
      .argument(
        "[reason]",
        "Drop reason, e.g. NO_SOCKET (SKB_DROP_REASON_ may precede it), or error code, e.g. BPF_LOAD; case-insensitive (default: list all)",
      )
      .option("--json", "Print JSON: one object, or an array of all")
      .addOption(collectorDirOption());
    return async () => {
      const [reason] = parser.args;
      const json = parser.opts()["json"] === true;
      // Loaded only now, as no other command needs the texts.
      const { explanation, listText } = await import("./report.ts");
      const { explanationJson, listJson } = await import("./report-json.ts");
      const known = await knowledge(context, collectorDirRequest(parser));
      if (reason === undefined) writeAnswer(json ? listJson(known) : listText(known));
      else writeAnswer(json ? explanationJson(reason, known) : explanation(reason, known));
      return 0;
    };
  },
  async candidates(before, context) {
    const { explainable } = await import("./report.ts");
    return before.length === 0 ? explainable(await knowledge(context, { directories: [], paths: [], names: [] })) : [];
  },
};

async function knowledge(context: CommandContext, request: CollectorRequest): Promise<Knowledge> {
  return { advice: await adviceOf(context, request), kernel: await kernelReasons() };
}

/** Of all collectors; one whose advice cannot be had is named and left out. */
async function adviceOf(context: CommandContext, request: CollectorRequest): Promise<readonly DropAdvice[]> {
  const advice: DropAdvice[] = [];
  for (const { collector } of await context.loadCollectors(request)) {
    try {
      advice.push(...((await collector.dropKnowledge?.())?.advice ?? []));
    } catch (error) {
      log.warn(`Collector ${collector.name}: its advice on drop reasons is not available: ${reasonOf(error)}`);
    }
  }
  return advice;
}

/** Undefined where the kernel does not describe its types: the advice does not need them. */
async function kernelReasons(): Promise<KnownReasons | undefined> {
  const { Kernel } = await import("../../kernel/kernel.ts");
  const kernel = new Kernel();
  try {
    return { release: kernel.release, reasons: kernel.dropReasons.declared() };
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    return undefined;
  }
}
