import { readyCollectors } from "../api/loaded-collector.ts";
import { describeError } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { painter, wantsColour } from "../base/colour.ts";
import { stdoutDescriptor } from "../base/stdout.ts";
import { streamOf } from "../base/terminal.ts";
import { writeJsonAnswer, writeTextAnswer } from "../cli/answer.ts";
import type { CommandBody } from "../cli/cli-command.ts";
import { collectorDirOption, collectorDirRequest } from "../cli/collector-dir.ts";
import { isReady } from "../doctor/check.ts";
import { jsonReport, textReport } from "../doctor/report.ts";

/** `retis doctor`: what works on this host, what does not and why. Status 0 when `collect -c skb,skb-drop` can run, else 1. */
export const doctor: CommandBody = {
  define(parser, { context }) {
    parser.option("--json", "Print the findings as JSON").addOption(collectorDirOption());
    return async () => {
      const described = await context.loadCollectors(collectorDirRequest(parser));
      const loaded = await readyCollectors(described, (_, error) => log.warn(`${describeError(error)}; left out`));
      // Loaded only now, so that no other command pays for the engine.
      const { examine } = await import("../doctor/examine.ts");
      const checks = examine(loaded);
      if (parser.opts<{ json?: true }>().json) writeJsonAnswer(jsonReport(checks));
      else writeTextAnswer(textReport(checks, statusPaint()));
      return isReady(checks) ? 0 : 1;
    };
  },
};

function statusPaint() {
  const colour = wantsColour(streamOf(stdoutDescriptor()));
  return { ok: painter("green", colour), missing: painter("red", colour), unknown: painter("yellow", colour) };
}
